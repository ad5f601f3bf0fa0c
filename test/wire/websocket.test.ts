import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Server } from 'socket.io'
import { io } from 'socket.io-client'
import http from 'node:http'
import t from 'tap'
import { onEachServer, startGateway } from '../helpers/gateways.ts'
import { closeOf, nextMessage, openWebSocket, startWebSocketUpstream } from '../helpers/websocket.ts'

onEachServer('text and binary of 1 MB go both ways, with path and query as for any request', async (t, listen) => {
  const upstream = await startWebSocketUpstream(t)
  const { origin } = await listen(t, { apps: [{ name: 'chat', upstreams: upstream.origin }] })
  const socket = await openWebSocket(t, `${origin}/chat/room%20one?id=1&id=2`)
  socket.send('héllo')
  t.strictSame((await nextMessage(socket)).data.toString(), 'héllo')
  const bytes = randomBytes(1024 * 1024)
  socket.send(bytes)
  const { data, isBinary } = await nextMessage(socket)
  t.ok(isBinary && data.equals(bytes))
  t.match(upstream.requests[0], { url: '/room%20one?id=1&id=2', headers: { 'x-forwarded-prefix': '/chat', 'x-forwarded-for': '127.0.0.1', 'x-request-id': /./ } })
})

t.test('fragments stay one message', async t => {
  const upstream = await startWebSocketUpstream(t)
  const { origin } = await startGateway(t, upstream.origin)
  const socket = await openWebSocket(t, `${origin}/app/`)
  for (const [index, part] of ['one ', 'two ', 'three'].entries()) socket.send(part, { fin: index === 2 })
  t.equal((await nextMessage(socket)).data.toString(), 'one two three')
})

t.test('pings and pongs are the two ends\' own, in both directions', async t => {
  const upstream = await startWebSocketUpstream(t)
  const { origin } = await startGateway(t, upstream.origin)
  const socket = await openWebSocket(t, `${origin}/app/`)
  socket.ping('from the client')
  t.equal(String((await once(socket, 'pong'))[0]), 'from the client')
  upstream.sockets[0]!.ping('from the app')
  t.equal(String((await once(upstream.sockets[0]!, 'pong'))[0]), 'from the app')
})

t.test('a subprotocol is chosen by the app among those of the client', async t => {
  const upstream = await startWebSocketUpstream(t, undefined, { handleProtocols: protocols => [...protocols].at(-1)! })
  const { origin } = await startGateway(t, upstream.origin)
  const socket = await openWebSocket(t, `${origin}/app/`, ['chat.v1', 'chat.v2'])
  t.equal(socket.protocol, 'chat.v2')
  t.equal(upstream.requests[0]!.headers['sec-websocket-protocol'], 'chat.v1,chat.v2')
})

t.test('permessage-deflate is agreed on by the two ends', async t => {
  const upstream = await startWebSocketUpstream(t, undefined, { perMessageDeflate: { threshold: 0 } })
  const { origin } = await startGateway(t, upstream.origin)
  const socket = await openWebSocket(t, `${origin}/app/`, [], { perMessageDeflate: { threshold: 0 } })
  t.match(socket.extensions, 'permessage-deflate')
  const text = 'again and '.repeat(10_000)
  socket.send(text)
  t.equal((await nextMessage(socket)).data.toString(), text)
})

t.test('close codes survive in both directions', async t => {
  const upstream = await startWebSocketUpstream(t)
  const { origin } = await startGateway(t, upstream.origin)

  const first = await openWebSocket(t, `${origin}/app/`)
  const seenByApp = closeOf(upstream.sockets[0]!)
  first.close(4001, 'enough')
  t.strictSame(await Promise.all([seenByApp, closeOf(first)]), Array(2).fill({ code: 4001, reason: 'enough' }))

  const second = await openWebSocket(t, `${origin}/app/`)
  const seenByClient = closeOf(second)
  upstream.sockets[1]!.close(1013, 'try later')
  t.strictSame(await seenByClient, { code: 1013, reason: 'try later' })
})

t.test('500 sockets at a time each get their own messages', async t => {
  const upstream = await startWebSocketUpstream(t)
  const { origin } = await startGateway(t, upstream.origin, { limits: { maxConnections: 500 } })
  const sockets = await Promise.all(Array.from({ length: 500 }, () => openWebSocket(t, `${origin}/app/`)))
  for (let round = 0; round < 3; round++) {
    const messages = sockets.map(nextMessage)
    for (const [index, socket] of sockets.entries()) socket.send(`${round} ${index}`)
    const texts = (await Promise.all(messages)).map(({ data }) => data.toString())
    t.strictSame(texts, sockets.map((_, index) => `${round} ${index}`))
  }
  t.equal(upstream.sockets.length, 500)
})

t.test('socket.io works through a prefix, from polling to WebSocket', async t => {
  const server = http.createServer()
  const app = new Server(server)
  app.on('connection', socket => socket.on('add', (a: number, b: number, reply: (sum: number) => void) => reply(a + b)))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => app.close())
  const { origin } = await startGateway(t, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)

  const client = io(origin, { path: '/app/socket.io', reconnection: false })
  t.teardown(() => client.close())
  await new Promise(resolve => client.io.engine.once('upgrade', resolve))
  t.equal(client.io.engine.transport.name, 'websocket')
  t.equal(await client.emitWithAck('add', 1, 2), 3)
})
