import type { FastifyServerOptions } from 'fastify'
import t from 'tap'
import { listenGateway, listenStandalone } from '../helpers/gateways.ts'
import { connectRaw } from '../helpers/raw-client.ts'
import { startUpstream } from '../helpers/upstreams.ts'

interface Line { msg: string, app?: string, statusCode?: number }

interface Refusal { line: string, header?: string, statusCode: number, app: string | undefined }

const refusals: Refusal[] = [
  { line: 'GET /users/%2e%2e/x', statusCode: 400, app: 'users' },
  { line: 'POST /users/%2e%2e/x', statusCode: 400, app: 'users' },
  { line: 'POST http://a/users/%2e%2e/x', statusCode: 400, app: 'users' },
  { line: 'TRACE /users/x', statusCode: 405, app: 'users' },
  { line: 'POST /users/x', header: 'Host: b', statusCode: 400, app: 'users' },
]
const unowned: Refusal[] = [{ line: 'POST /shop', statusCode: 404, app: undefined }, { line: 'GET /shop', statusCode: 404, app: undefined }]

for (const isOwn of [false, true]) {
  for (const { line, header = 'X-A: 1', statusCode, app } of [...refusals, ...isOwn ? unowned : []]) {
    t.test(`${isOwn ? 'standalone' : 'in a host server'}, one line is logged for ${line}, ${header}`, async t => {
      const lines: Line[] = []
      const logger: FastifyServerOptions['logger'] = { stream: { write: text => { lines.push(JSON.parse(text)) } } }
      const options = { apps: [{ name: 'users', upstreams: await startUpstream(t, (_request, response) => response.end('fine')) }] }
      const { fastify, port } = await (isOwn ? listenStandalone : listenGateway)(t, options, { logger })
      const client = await connectRaw(t, port)
      client.write(`${line} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${header}\r\n\r\n`)
      await client.closed()
      await fastify.close()
      t.match(lines.filter(({ msg }) => msg === 'request refused'), [{ app, statusCode }])
    })
  }
}

interface FullLine extends Line { err?: { code: string } }

const ends = [
  { name: 'an upstream that breaks off in the middle', path: '/users/half', expected: { msg: 'request failed', statusCode: 200, err: { code: 'GW_ERR_UPSTREAM_UNREACHABLE' } } },
  { name: 'a client that leaves in the middle', path: '/users/slow', leaves: /part/, expected: { msg: 'request forwarded', statusCode: 200 } },
  { name: 'a client that leaves before there is a response', path: '/users/silent', leaves: /^$/, expected: { msg: 'request forwarded', statusCode: 499 } },
]
for (const isOwn of [false, true]) {
  for (const { name, path, leaves, expected } of ends) {
    t.test(`${isOwn ? 'standalone' : 'in a host server'}, one line is logged for ${name}`, async t => {
      const lines: FullLine[] = []
      const logger: FastifyServerOptions['logger'] = { stream: { write: text => { lines.push(JSON.parse(text)) } } }
      const upstreams = await startUpstream(t, (request, response) => {
        if (request.url === '/silent') return
        response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 100 }).write('part')
        if (request.url === '/half') setTimeout(() => response.destroy(), 20)
      })
      const { fastify, port } = await (isOwn ? listenStandalone : listenGateway)(t, { apps: [{ name: 'users', upstreams }] }, { logger })
      const client = await connectRaw(t, port)
      client.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
      if (leaves !== undefined) {
        await client.until(leaves)
        setTimeout(() => client.socket.destroy(), 50)
      }
      await client.closed()
      await fastify.close()
      t.match(lines.filter(({ msg }) => msg.startsWith('request ')), [{ app: 'users', ...expected }])
    })
  }
}
