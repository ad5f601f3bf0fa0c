import type { ServerResponse } from 'node:http'
import t from 'tap'
import { listenStandalone, startGateway } from '../helpers/gateways.ts'
import { connectRaw } from '../helpers/raw-client.ts'
import { startUpstream } from '../helpers/upstreams.ts'
import { defer, soon } from '../helpers/waiting.ts'

const kinds = [
  { name: 'with a content-length', headers: { 'content-type': 'text/plain', 'content-length': 4 } },
  { name: 'chunked', headers: { 'content-type': 'text/html' } },
  { name: 'without a content-type', headers: {} },
  { name: 'of an event stream', headers: { 'content-type': 'text/event-stream' } },
  { name: 'of JSON', headers: { 'content-type': 'application/json' } },
]

const servers: { name: string, start: typeof startGateway }[] = [
  { name: 'in a host server', start: startGateway },
  { name: 'standalone', start: (t, upstreams) => listenStandalone(t, { apps: [{ name: 'app', upstreams }] }) },
]

for (const { name, start } of servers) {
  t.test(`a head reaches the client before the upstream has sent a byte of the body, ${name}`, async t => {
    for (const { name, headers } of kinds) {
      const requested = defer<ServerResponse>()
      const upstream = await startUpstream(t, (_request, response) => {
        response.writeHead(200, headers).flushHeaders()
        requested.resolve(response)
      })
      const { port } = await start(t, upstream)
      const client = await connectRaw(t, port)
      client.write('GET /app/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
      const head = await soon(client.until(/\r\n\r\n/), `the head ${name}`)
      t.match(head, /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n$/, name)
      const response = await requested.promise
      response.end('body')
      t.match(await soon(client.closed(), 'the body'), /body/)
    }
  })
}

t.test('a head is not delayed by an upload that goes on', async t => {
  const upstream = await startUpstream(t, (request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' }).flushHeaders()
    request.resume().on('end', () => response.end('all of it'))
  })
  const { port } = await startGateway(t, upstream)
  const client = await connectRaw(t, port)
  client.write('POST /app/ HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nbegin')
  await soon(client.until(/^HTTP\/1\.1 200 [^]*\r\n\r\n/), 'the head')
  client.write('ended')
  t.match(await soon(client.until(/all of it/), 'the body'), /200/)
})

t.test('a response to HEAD is there as soon as its head is', async t => {
  const upstream = await startUpstream(t, (request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 4 })
    // Never ended: to a HEAD the head is all.
    response.flushHeaders()
    request.resume()
  })
  const { port } = await startGateway(t, upstream)
  for (let i = 0; i < 3; i++) {
    const client = await connectRaw(t, port)
    client.write('HEAD /app/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    t.match(await soon(client.closed(), 'the response'), /^HTTP\/1\.1 200 OK\r\n[^]*content-length: 4\r\n[^]*\r\n\r\n$/i)
  }
})

t.test('every part of a body reaches the client before the upstream sends the next', async t => {
  const parts = ['one,', 'two,', 'three,', 'four']
  const nexts = parts.map(() => defer())
  const upstream = await startUpstream(t, async (_request, response) => {
    for (const [index, part] of parts.entries()) {
      response.write(part)
      await nexts[index]!.promise
    }
    response.end()
  })
  const { port } = await startGateway(t, upstream)
  const client = await connectRaw(t, port)
  client.write('GET /app/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  for (const [index, part] of parts.entries()) {
    await soon(client.until(new RegExp(part)), part)
    t.pass(part)
    nexts[index]!.resolve()
  }
  await soon(client.closed(), 'the end')
})

t.test('every part of an upload reaches the upstream before the client sends the next', async t => {
  const parts = ['one,', 'two,', 'three,', 'four']
  let wanted = defer()
  let text = ''
  const upstream = await startUpstream(t, (request, response) => {
    request.on('data', chunk => {
      text += chunk
      wanted.resolve()
    }).on('end', () => response.end(text))
  })
  const { port } = await startGateway(t, upstream)
  for (const framing of ['Content-Length: 18', 'Transfer-Encoding: chunked']) {
    text = ''
    const client = await connectRaw(t, port)
    client.write(`POST /app/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${framing}\r\n\r\n`)
    for (const part of parts) {
      wanted = defer()
      client.write(framing.startsWith('T') ? `${part.length}\r\n${part}\r\n` : part)
      await soon(wanted.promise, part)
      t.ok(text.endsWith(part), `${part} of ${framing}`)
    }
    if (framing.startsWith('T')) client.write('0\r\n\r\n')
    t.match(await soon(client.closed(), 'the response'), /one,two,three,four/)
  }
})
