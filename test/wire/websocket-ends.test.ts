import { once } from 'node:events'
import type { Socket } from 'node:net'
import t from 'tap'
import { listenGateway, listenStandalone, startGateway } from '../helpers/gateways.ts'
import { connectRaw } from '../helpers/raw-client.ts'
import { startRawUpstream } from '../helpers/upstreams.ts'
import { closing, defer, soon } from '../helpers/waiting.ts'
import { closeOf, handshake, nextMessage, openWebSocket, startWebSocketUpstream } from '../helpers/websocket.ts'

const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'
const HELLO = Buffer.from('\x81\x05hello', 'latin1')
const GOING_AWAY = Buffer.of(0x88, 2, 1001 >> 8, 1001 & 0xff)
const CLOSE_FRAME = new RegExp(`${GOING_AWAY.toString('latin1')}$`)
const HALF_A_HELLO = new RegExp(`${HELLO.toString('latin1', 0, 4)}$`)

/** An upstream that switches and leaves the socket to the test. */
async function startSwitching (t: Parameters<typeof startRawUpstream>[0]) {
  const accepted = defer<Socket>()
  const origin = await startRawUpstream(t, socket => socket.once('data', () => {
    socket.write(SWITCH)
    accepted.resolve(socket)
  }))
  return { origin, accepted: accepted.promise }
}

t.test('the abrupt end of a client ends the app\'s socket, and that of the app the client\'s', async t => {
  const upstream = await startWebSocketUpstream(t)
  const { origin } = await startGateway(t, upstream.origin)

  const first = await openWebSocket(t, `${origin}/app/`)
  const seenByApp = closeOf(upstream.sockets[0]!)
  first.terminate()
  t.match(await soon(seenByApp, 'the end of the app\'s socket'), { code: 1006 })

  const second = await openWebSocket(t, `${origin}/app/`)
  const seenByClient = closeOf(second)
  upstream.sockets[1]!.terminate()
  t.match(await soon(seenByClient, 'the end of the client\'s socket'), { code: 1006 })
})

t.test('a reset is passed on while bytes are under way', async t => {
  const { origin, accepted } = await startSwitching(t)
  const { port } = await startGateway(t, origin)
  const client = await connectRaw(t, port)
  client.write(handshake('/app/'))
  const socket = await accepted
  socket.write(HELLO)
  await client.until(/hello$/)
  socket.resetAndDestroy()
  await soon(client.closed(), 'the end of the client\'s socket')
})

t.test('the last bytes before an end arrive', async t => {
  const { origin, accepted } = await startSwitching(t)
  const { port } = await startGateway(t, origin)
  const client = await connectRaw(t, port)
  client.write(handshake('/app/'))
  const bytes = Buffer.alloc(1024 * 1024, 'x')
  ;(await accepted).end(bytes)
  const text = await soon(client.closed(), 'the end')
  t.equal(text.slice(text.indexOf('\r\n\r\n') + 4).length, bytes.length)
})

t.test('a socket on which nothing moves lives on, unless timeouts.stream says how long', async t => {
  const upstream = await startWebSocketUpstream(t)
  const { origin } = await listenGateway(t, {
    timeouts: { headers: 50, body: 50 },
    apps: [
      { name: 'unlimited', upstreams: upstream.origin },
      { name: 'limited', upstreams: upstream.origin, timeouts: { stream: 100 } },
    ],
  })
  const unlimited = await openWebSocket(t, `${origin}/unlimited/`)
  const limited = await openWebSocket(t, `${origin}/limited/`)
  t.match(await soon(closeOf(limited), 'the end of an idle socket'), { code: 1006 })
  unlimited.send('still there?')
  t.equal((await nextMessage(unlimited)).data.toString(), 'still there?')
})

t.test('a client that stops reading stops its app, and gets everything when it reads again', async t => {
  const size = 64 * 1024
  const count = 1024
  const upstream = await startWebSocketUpstream(t, socket => {
    for (let index = 0; index < count; index++) socket.send(Buffer.alloc(size, index % 256))
  }, { perMessageDeflate: false })
  const { origin } = await startGateway(t, upstream.origin)
  const socket = await openWebSocket(t, `${origin}/app/`, [], { perMessageDeflate: false })
  socket.pause()
  const before = process.memoryUsage().arrayBuffers
  let waiting = -1
  // Until nothing moves any more: what is not taken stays with the app.
  while (waiting !== upstream.sockets[0]!.bufferedAmount) {
    waiting = upstream.sockets[0]!.bufferedAmount
    await new Promise(resolve => setTimeout(resolve, 200))
  }
  t.ok(waiting > size * count / 2, `${waiting} bytes wait at the app`)
  t.ok(process.memoryUsage().arrayBuffers - before < 16 * 1024 * 1024)
  let received = 0
  let isRight = true
  const all = new Promise<void>(resolve => socket.on('message', (data: Buffer) => {
    isRight &&= data.length === size && data[0] === received % 256 && data[size - 1] === received % 256
    if (++received === count) resolve()
  }))
  socket.resume()
  await all
  t.ok(isRight)
})

t.test('open sockets are load: each has a lease, and the least busy upstream gets the next', async t => {
  const [first, second] = [await startWebSocketUpstream(t), await startWebSocketUpstream(t)]
  const { origin } = await startGateway(t, [first.origin, second.origin], { balancer: 'least-request', limits: { maxConnections: 2, maxPending: 0 } })
  const open = [await openWebSocket(t, `${origin}/app/`), await openWebSocket(t, `${origin}/app/`), await openWebSocket(t, `${origin}/app/`), await openWebSocket(t, `${origin}/app/`)]
  t.strictSame([first.sockets.length, second.sockets.length], [2, 2])
  const response = await fetch(`${origin}/app/`)
  t.match(await response.json(), { code: 'GW_ERR_OVERLOADED' })
  const freed = closeOf(first.sockets[0]!)
  first.sockets[0]!.terminate()
  await Promise.all([freed, Promise.race(open.map(closeOf))])
  // The lease ends as soon as the upstream's connection has closed at the gateway.
  await openWebSocket(t, `${origin}/app/`)
  t.strictSame([first.sockets.length, second.sockets.length], [3, 2])
})

for (const { name, listen } of [{ name: 'in a host server', listen: listenGateway }, { name: 'standalone', listen: listenStandalone }]) {
  t.test(`at shutdown both ends get 1001, ${name}`, async t => {
    const upstream = await startWebSocketUpstream(t)
    const { fastify, origin } = await listen(t, { shutdown: { gracePeriod: 20_000 }, apps: [{ name: 'app', upstreams: upstream.origin }] })
    const socket = await openWebSocket(t, `${origin}/app/`)
    const ends = Promise.all([closeOf(socket), closeOf(upstream.sockets[0]!)])
    await soon(fastify.close(), 'the stop, long before the end of the grace period')
    t.strictSame(await ends, Array(2).fill({ code: 1001, reason: '' }))
  })
}

t.test('at shutdown a frame under way is finished before the close frame, and nothing follows it', async t => {
  const { origin, accepted } = await startSwitching(t)
  const { fastify, port } = await listenGateway(t, { shutdown: { gracePeriod: 20_000 }, apps: [{ name: 'app', upstreams: origin }] })
  const client = await connectRaw(t, port)
  client.write(handshake('/app/'))
  const socket = await accepted
  const fromClient: Buffer[] = []
  socket.on('data', chunk => fromClient.push(chunk))
  socket.write(HELLO.subarray(0, 4))
  // A masked frame of the client's, of which the payload is still to come.
  client.write(Buffer.of(0x82, 0x83, 1, 2, 3, 4))
  await client.until(HALF_A_HELLO)
  while (Buffer.concat(fromClient).length < 6) await once(socket, 'data')
  const stopped = fastify.close()
  await new Promise(resolve => setTimeout(resolve, 50))
  socket.write(Buffer.concat([HELLO.subarray(4), HELLO]))
  client.write(Buffer.concat([Buffer.from('abc'), Buffer.of(0x82, 0x80, 1, 2, 3, 4)]))

  const text = await client.until(CLOSE_FRAME)
  t.equal(text.slice(text.indexOf('\r\n\r\n') + 4), Buffer.concat([HELLO, GOING_AWAY]).toString('latin1'))
  while (Buffer.concat(fromClient).length < 17) await once(socket, 'data')
  const [head, payload, close] = [
    Buffer.concat(fromClient).subarray(0, 6),
    Buffer.concat(fromClient).subarray(6, 9),
    Buffer.concat(fromClient).subarray(9),
  ]
  t.strictSame([...head], [0x82, 0x83, 1, 2, 3, 4])
  t.equal(payload.toString(), 'abc')
  t.strictSame([close.length, close[0], close[1]], [8, 0x88, 0x82])
  t.strictSame([close[6]! ^ close[2]!, close[7]! ^ close[3]!], [1001 >> 8, 1001 & 0xff])

  // Each end responds with a close frame, and its connection is closed.
  client.write(Buffer.of(0x88, 0x82, 0, 0, 0, 0, 1001 >> 8, 1001 & 0xff))
  socket.write(GOING_AWAY)
  await soon(Promise.all([client.closed(), closing(socket), stopped]), 'the stop')
})

t.test('a socket without a response to the close frame is cut at the end of the grace period', async t => {
  const { origin, accepted } = await startSwitching(t)
  const { fastify, port } = await listenGateway(t, { shutdown: { gracePeriod: 100 }, apps: [{ name: 'app', upstreams: origin }] })
  const client = await connectRaw(t, port)
  client.write(handshake('/app/'))
  const socket = await accepted
  socket.resume()
  await client.until(/\r\n\r\n/)
  await soon(Promise.all([fastify.close(), client.closed(), closing(socket)]), 'the end of the grace period')
  t.match(client.received(), CLOSE_FRAME)
})

t.test('a handshake under way at shutdown is finished, and its socket closed with 1001', async t => {
  const switched = defer()
  const upstream = await startRawUpstream(t, socket => socket.once('data', () => { switched.promise.then(() => socket.write(SWITCH), () => {}) }))
  const { fastify, port } = await listenGateway(t, { shutdown: { gracePeriod: 20_000 }, apps: [{ name: 'app', upstreams: upstream }] })
  const client = await connectRaw(t, port)
  client.write(handshake('/app/'))
  await new Promise(resolve => setTimeout(resolve, 50))
  const stopped = fastify.close()
  await new Promise(resolve => setTimeout(resolve, 50))
  switched.resolve()
  await client.until(CLOSE_FRAME)
  client.socket.destroy()
  await soon(stopped, 'the stop')
})
