import type { ServerResponse } from 'node:http'
import t, { type Test } from 'tap'
import { listenStandalone, startGateway } from '../helpers/gateways.ts'
import { sendRequest, valuesOf } from '../helpers/http1-client.ts'
import { connectRaw } from '../helpers/raw-client.ts'
import { startCannedUpstream, startUpstream } from '../helpers/upstreams.ts'
import { defer, soon } from '../helpers/waiting.ts'

/** An upstream that begins an event stream for each request. */
async function startStream (
  t: Test,
  headers: Record<string, string | number>
): Promise<{ upstream: string; begun: Promise<ServerResponse> }> {
  const { promise: begun, resolve } = defer<ServerResponse>()
  const upstream = await startUpstream(t, (_request, response) => {
    response.writeHead(200, headers).flushHeaders()
    resolve(response)
  })
  return { upstream, begun }
}

const types = ['text/event-stream', 'text/event-stream; charset=utf-8', 'text/event-stream;charset=utf-8', 'TEXT/EVENT-STREAM', 'Text/Event-Stream ; Charset="UTF-8"']

t.test('an event stream has the headers of one, whatever its upstream sent', async t => {
  for (const type of types) {
    const { upstream, begun } = await startStream(t, { 'content-type': type, 'cache-control': 'public, max-age=60', 'x-accel-buffering': 'yes', 'x-app': 'kept' })
    const { port } = await startGateway(t, upstream)
    begun.then(response => response.end('data: 1\n\n'))
    const reply = await sendRequest(port, '/app/')
    t.strictSame({
      type: valuesOf(reply, 'content-type'),
      cache: valuesOf(reply, 'cache-control'),
      buffering: valuesOf(reply, 'x-accel-buffering'),
      length: valuesOf(reply, 'content-length'),
      app: valuesOf(reply, 'x-app'),
      body: reply.body.toString(),
      isComplete: reply.isComplete,
    }, {
      type: [type], cache: ['no-cache'], buffering: ['no'], length: [], app: ['kept'], body: 'data: 1\n\n', isComplete: true,
    }, type)
  }
})

t.test('what is no event stream keeps its headers', async t => {
  for (const type of ['text/event-streams', 'application/text/event-stream', 'text/plain; x=text/event-stream']) {
    const { upstream, begun } = await startStream(t, { 'content-type': type, 'content-length': 1, 'cache-control': 'public' })
    const { port } = await startGateway(t, upstream)
    begun.then(response => response.end('x'))
    const { headers } = await sendRequest(port, '/app/')
    t.strictSame([headers['cache-control'], headers['content-length'], headers['x-accel-buffering']], ['public', '1', undefined], type)
  }
})

t.test('an event stream that came with a content-length leaves without it', async t => {
  const body = 'data: 1\n\n'
  for (const rest of [body, '']) {
    const upstream = await startCannedUpstream(t, `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: ${rest.length}\r\n\r\n${rest}`)
    const { port } = await startGateway(t, upstream)
    const reply = await sendRequest(port, '/app/')
    t.strictSame([reply.headers['content-length'], reply.headers['cache-control'], reply.body.toString(), reply.isComplete], [undefined, 'no-cache', rest, true])
  }
})

t.test('an event stream that ends with its connection, and one of HTTP/1.0, are passed on', async t => {
  for (const line of ['HTTP/1.1 200 OK\r\nConnection: close', 'HTTP/1.0 200 OK']) {
    const upstream = await startCannedUpstream(t, `${line}\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\ndata: 2\n\n`, { end: true })
    const { port } = await startGateway(t, upstream)
    const reply = await sendRequest(port, '/app/')
    t.strictSame([reply.headers['cache-control'], reply.body.toString(), reply.isComplete], ['no-cache', 'data: 1\n\ndata: 2\n\n', true])
  }
})

t.test('a HEAD of an event stream has its headers, and ends', async t => {
  const { upstream } = await startStream(t, { 'content-type': 'text/event-stream' })
  const { port } = await startGateway(t, upstream)
  const reply = await soon(sendRequest(port, '/app/', { method: 'HEAD' }), 'the response')
  t.strictSame([reply.headers['content-type'], reply.headers['cache-control'], reply.headers['x-accel-buffering']], ['text/event-stream', 'no-cache', 'no'])
})

const starts: { name: string, start: typeof startGateway }[] = [
  { name: 'in a host server', start: startGateway },
  { name: 'standalone', start: (t, upstreams) => listenStandalone(t, { apps: [{ name: 'app', upstreams }] }) },
]

for (const { name, start } of starts) {
  t.test(`each event reaches the client before the upstream writes the next, ${name}`, async t => {
    const { upstream, begun } = await startStream(t, { 'content-type': 'text/event-stream' })
    const { port } = await start(t, upstream)
    const client = await connectRaw(t, port)
    client.write('GET /app/ HTTP/1.1\r\nHost: a\r\n\r\n')
    const response = await begun
    await soon(client.until(/\r\n\r\n$/), 'the head, before any event')
    for (let i = 1; i <= 20; i++) {
      response.write(`id: ${i}\ndata: tick ${i}\n\n`)
      await soon(client.until(new RegExp(`data: tick ${i}\n\n`)), `event ${i}`)
    }
    t.pass('20 events, one by one')
  })
}

t.test('an event\'s parts, comments and odd bytes are passed on as they are, piece by piece', async t => {
  const { upstream, begun } = await startStream(t, { 'content-type': 'text/event-stream' })
  const { port } = await startGateway(t, upstream)
  const client = await connectRaw(t, port)
  client.write('GET /app/ HTTP/1.0\r\nHost: a\r\n\r\n')
  const response = await begun
  const pieces = [': keep-alive\r\n', 'da', 'ta: half of \xc3', '\xa9\n', '\r', '\n', '\xef\xbb\xbf\0\xff', 'data: [DONE]\n\n']
  let sent = ''
  for (const piece of pieces) {
    response.write(Buffer.from(piece, 'latin1'))
    sent += piece
    while (!client.received().endsWith(`\r\n\r\n${sent}`)) await soon(client.until(new RegExp(`[^]{${client.received().length + 1}}`)), JSON.stringify(piece))
  }
  response.end()
  const text = await soon(client.closed(), 'the end')
  t.equal(text.slice(text.indexOf('\r\n\r\n') + 4), sent)
})

t.test('a response that comes token by token arrives token by token', async t => {
  const tokens = Array.from({ length: 200 }, (_, index) => `data: {"token":"${index}"}\n\n`)
  const { upstream, begun } = await startStream(t, { 'content-type': 'text/event-stream; charset=utf-8' })
  const { port } = await startGateway(t, upstream)
  const client = await connectRaw(t, port)
  client.write('POST /app/ HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}')
  const response = await begun
  for (const token of tokens) {
    response.write(token)
    await soon(client.until(new RegExp(token.trim().replace(/[{}]/g, '\\$&'))), token)
  }
  t.pass('all of them')
})

t.test('an event stream that breaks off ends the client\'s connection without a proper end', async t => {
  const { upstream, begun } = await startStream(t, { 'content-type': 'text/event-stream' })
  const { port } = await startGateway(t, upstream)
  const client = await connectRaw(t, port)
  client.write('GET /app/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  const response = await begun
  response.write('data: 1\n\n')
  await client.until(/data: 1\n\n/)
  response.destroy()
  t.notMatch(await soon(client.closed(), 'the end'), /\r\n0\r\n\r\n$/)
})

t.test('a failed event stream is its upstream\'s response', async t => {
  const upstream = await startUpstream(t, (_request, response) => {
    response.writeHead(429, { 'content-type': 'text/event-stream', 'retry-after': '3' }).end('data: no\n\n')
  })
  const { port } = await startGateway(t, upstream)
  const reply = await sendRequest(port, '/app/')
  t.strictSame([reply.statusCode, reply.headers['retry-after'], reply.headers['cache-control'], reply.body.toString()], [429, '3', 'no-cache', 'data: no\n\n'])
})
