import { once } from 'node:events'
import http, { type ServerResponse } from 'node:http'
import t from 'tap'
import { listenGateway, onEachServer } from '../helpers/gateways.ts'
import { connectRaw, readMessage, sendBytes, statusesOf, valuesOf } from '../helpers/raw-client.ts'
import { portOf } from '../helpers/servers.ts'
import { startRecorder } from '../helpers/upstreams.ts'

// How long a client's connection lasts, and in which order it is answered (RFC 9112, section 9).

onEachServer('a client of HTTP/1.0 is answered, and its connection closed', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream.origin }] })
  for (const [name, lines] of [['with a Host', 'Host: gateway.test\r\n'], ['without one', '']] as const) {
    upstream.reset()
    const text = await sendBytes(t, port, `GET /app/x HTTP/1.0\r\n${lines}\r\n`)
    t.match(text, /^HTTP\/1\.1 200 /, name)
    t.match(text, /\r\n\r\n\/x$/, 'its body has no chunks')
    t.match(readMessage(upstream.bytes()).startLine, 'GET /x HTTP/1.1')
  }
})

onEachServer('a request of HTTP/1.0 without a Host is sent with the upstream\'s', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream.origin }] })
  await sendBytes(t, port, 'GET /app/x HTTP/1.0\r\n\r\n')
  const received = readMessage(upstream.bytes())
  t.strictSame(valuesOf(received, 'host'), [new URL(upstream.origin).host])
  t.strictSame(valuesOf(received, 'x-forwarded-host'), [])
})

onEachServer('a client of HTTP/1.0 gets the end of a streamed response by the end of its connection', async (t, listen) => {
  const upstream = await startRecorder(t, (_request, response) => {
    response.write('first, ')
    setImmediate(() => response.end('last'))
  })
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream.origin }] })
  const text = await sendBytes(t, port, 'GET /app/x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')
  t.match(text, /\r\n\r\nfirst, last$/)
  t.notMatch(text, /transfer-encoding|connection: keep-alive/i)
})

onEachServer('a client of HTTP/1.0 may keep its connection alive', async (t, listen) => {
  const upstream = await startRecorder(t, (request, response) => response.setHeader('Content-Length', request.url!.length).end(request.url))
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream.origin }] })
  const client = await connectRaw(t, port)
  client.write('GET /app/one HTTP/1.0\r\nHost: gateway.test\r\nConnection: keep-alive\r\n\r\n')
  t.match(await client.until(/\/one$/), /\r\nConnection: keep-alive\r\n/i)
  client.write('POST /app/two HTTP/1.0\r\nHost: gateway.test\r\nContent-Length: 3\r\n\r\nabc')
  t.strictSame(statusesOf(await client.closed()), [200, 200])
})

onEachServer('requests of one connection use it in turn', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream.origin }] })
  const client = await connectRaw(t, port)
  for (let i = 1; i <= 20; i++) {
    const body = 'x'.repeat(i)
    client.write(i % 2 === 0 ? `GET /app/n${i}- HTTP/1.1\r\nHost: gateway.test\r\n\r\n` : `POST /app/n${i}- HTTP/1.1\r\nHost: gateway.test\r\nContent-Length: ${i}\r\n\r\n${body}`)
    await client.until(new RegExp(`/n${i}-`))
  }
  t.strictSame(statusesOf(client.received()), Array<number>(20).fill(200))
})

onEachServer('pipelined requests are answered in their order, whichever is ready first', async (t, listen) => {
  const waiting = new Map<string, ServerResponse>()
  // The last is answered first.
  const upstream = await startRecorder(t, (request, response) => {
    waiting.set(request.url!, response)
    if (waiting.size === 4) for (const [url, response] of [...waiting].reverse()) response.end(`[${url}]`)
  })
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream.origin }] })
  const client = await connectRaw(t, port)
  client.write([1, 2, 3, 4].map(i => `GET /app/${i} HTTP/1.1\r\nHost: gateway.test\r\n\r\n`).join(''))
  const text = await client.until(/\[\/4\]/)
  t.strictSame(text.match(/\[\/\d\]/g), ['[/1]', '[/2]', '[/3]', '[/4]'])
  t.strictSame(statusesOf(text), [200, 200, 200, 200])
})

onEachServer('pipelined bodies go to their own requests', async (t, listen) => {
  const upstream = await startRecorder(t, async (request, response) => {
    const chunks: Buffer[] = await request.toArray()
    response.end(`[${request.url} ${Buffer.concat(chunks).toString()}]`)
  })
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream.origin }] })
  const client = await connectRaw(t, port)
  client.write([
    'POST /app/1 HTTP/1.1\r\nHost: gateway.test\r\nContent-Length: 5\r\n\r\nfirst',
    'GET /app/2 HTTP/1.1\r\nHost: gateway.test\r\n\r\n',
    'PUT /app/3 HTTP/1.1\r\nHost: gateway.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nthird\r\n0\r\n\r\n',
    'GET /app/4 HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\nContent-Length: 4\r\n\r\nlast',
  ].join(''))
  const text = await client.closed()
  t.strictSame(text.match(/\[[^\]]*\]/g), ['[/1 first]', '[/2 ]', '[/3 third]', '[/4 last]'])
})

onEachServer('empty lines before a request are skipped', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream.origin }] })
  t.strictSame(statusesOf(await sendBytes(t, port, '\r\n\r\nGET /app/ HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\n\r\n')), [200])
})

onEachServer('an upgrade that no location takes is an ordinary request, with its body', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream.origin }] })
  const client = await connectRaw(t, port)
  client.write('POST /app/x HTTP/1.1\r\nHost: gateway.test\r\nConnection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\nabc')
  t.match(await client.until(/\/x/), /^HTTP\/1\.1 200 /)
  const received = readMessage(upstream.bytes())
  t.strictSame([received.body, valuesOf(received, 'upgrade')], ['abc', []])
})

t.test('connections to an upstream are used again', async t => {
  let connections = 0
  const server = http.createServer((_request, response) => response.end('ok')).on('connection', () => connections++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close().closeAllConnections())
  const { port } = await listenGateway(t, { apps: [{ name: 'app', upstreams: `http://127.0.0.1:${portOf(server)}` }] })
  for (let i = 0; i < 10; i++) t.match(await sendBytes(t, port, 'GET /app/ HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\n\r\n'), / 200 /)
  t.equal(connections, 1)
})
