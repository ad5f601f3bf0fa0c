import type { FastifyServerOptions } from 'fastify'
import t from 'tap'
import { connectRaw, listenGateway, listenOwnServer, startUpstream } from '../helper.ts'

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
    t.test(`${isOwn ? 'on a server of its own' : 'in somebody else\'s server'}, one line tells of ${line}, ${header}`, async t => {
      const lines: Line[] = []
      const logger: FastifyServerOptions['logger'] = { stream: { write: text => { lines.push(JSON.parse(text)) } } }
      const options = { apps: [{ name: 'users', upstreams: await startUpstream(t, (_request, response) => response.end('fine')) }] }
      const { fastify, port } = await (isOwn ? listenOwnServer : listenGateway)(t, options, { logger })
      const client = await connectRaw(t, port)
      client.write(`${line} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${header}\r\n\r\n`)
      await client.closed()
      await fastify.close()
      t.match(lines.filter(({ msg }) => msg === 'request refused'), [{ app, statusCode }])
    })
  }
}
