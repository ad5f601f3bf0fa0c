import type { DuplexOptions } from 'node:stream'
import t from 'tap'
import { createCloseFrame, GOING_AWAY } from '../../../lib/tunnel/websocket-frames.ts'
import { LINGER_TIME, Tunnel } from '../../../lib/tunnel/tunnel.ts'
import { connectPair } from '../downstream/sockets.ts'
import { createClock } from '../dispatch/fakes.ts'
import { createConnection, read, settle } from './ends.ts'
import { CLOSE, createFrame, PING, TEXT } from './frames.ts'

interface Setup {
  protocol?: string
  idleTimeout?: number
  readerTimeout?: number
  /** Of the connection to the upstream. A socket that node has opened ends when its other end does. */
  upstreamOptions?: DuplexOptions
}

/** A tunnel between two ends, and how often it said that it has ended. The clock stands at 1000. */
function createTunnel ({ protocol = 'websocket', idleTimeout = 0, readerTimeout = 0, upstreamOptions }: Setup = {}) {
  const clock = createClock()
  const upstream = createConnection({ highWaterMark: 10, ...upstreamOptions })
  const client = createConnection({ highWaterMark: 10 })
  const calls = { onEnd: 0 }
  const tunnel = new Tunnel(upstream.socket, protocol, {
    now: clock.now,
    idleTimeout,
    readerTimeout,
    onEnd: () => {
      calls.onEnd++
    },
  })
  return { tunnel, clock, calls, upstream, client }
}

/** The same, joined, with both ends reading. */
function joinTunnel (setup?: Setup) {
  const parts = createTunnel(setup)
  const atUpstream = read(parts.upstream.end)
  const atClient = read(parts.client.end)
  parts.tunnel.join(parts.client.socket)
  return { ...parts, atUpstream, atClient }
}

const OTHER = { protocol: 'echo/1' }

for (const protocol of ['websocket', 'echo/1']) {
  t.test(`bytes go both ways: ${protocol}`, async t => {
    const { client, upstream, atUpstream, atClient, calls, tunnel } = joinTunnel({ protocol })
    client.end.write(createFrame(TEXT, 3, { isMasked: true }))
    upstream.end.write(createFrame(PING, 4))
    await settle()
    t.match([atUpstream().length, atClient()], [9, createFrame(PING, 4)])
    t.strictSame([calls.onEnd, tunnel.deadline, tunnel.protocol], [0, Infinity, protocol])
  })
}

t.test('what has come behind the two heads is the beginning', async t => {
  const { tunnel, upstream, client } = createTunnel()
  upstream.socket.unshift(Buffer.from('greeting'))
  client.socket.unshift(Buffer.from('question'))
  const [atUpstream, atClient] = [read(upstream.end), read(client.end)]
  tunnel.join(client.socket)
  await settle()
  t.strictSame([atUpstream().toString(), atClient().toString()], ['question', 'greeting'])
})

t.test('an end that does not read stops the other one', async t => {
  const { tunnel, upstream, client } = createTunnel()
  tunnel.join(client.socket)
  for (let i = 0; i < 100; i++) upstream.end.write('12345')
  await settle()
  t.ok(upstream.socket.isPaused())
  const atClient = read(client.end)
  await settle()
  t.equal(atClient().toString(), '12345'.repeat(100))
})

// Abrupt ends.

t.test('a connection to the upstream that breaks off is the end of the client\'s', async t => {
  const { upstream, client, calls } = joinTunnel()
  upstream.socket.destroy(new Error('read ECONNRESET'))
  await settle()
  t.ok(client.socket.destroyed)
  t.equal(calls.onEnd, 1)
})

t.test('a client\'s connection that breaks off is the end of the upstream\'s', async t => {
  const { upstream, client, calls } = joinTunnel()
  client.socket.destroy(new Error('read ECONNRESET'))
  await settle()
  t.ok(upstream.socket.destroyed)
  t.equal(calls.onEnd, 1)
})

t.test('a reset is passed on, and is nobody\'s error', async t => {
  const [upstream, client] = [await connectPair(t), await connectPair(t)]
  let onEnd!: () => void
  const end = new Promise<void>(resolve => { onEnd = resolve })
  new Tunnel(upstream.server, 'websocket', { now: () => 0, idleTimeout: 0, readerTimeout: 0, onEnd }).join(client.server)
  upstream.client.resetAndDestroy()
  await end
  t.strictSame([upstream.server.closed, client.server.closed], [true, true])
})

t.test('a tunnel that is aborted ends both ends, and has ended once', async t => {
  const { tunnel, upstream, client, calls } = joinTunnel()
  tunnel.abort()
  tunnel.abort()
  t.strictSame([upstream.socket.destroyed, client.socket.destroyed], [true, true])
  await settle()
  tunnel.abort()
  await settle()
  t.equal(calls.onEnd, 1)
})

t.test('it has not ended while one of the sockets is still closing', async t => {
  const destroying: ((error: Error | null) => void)[] = []
  const { tunnel, client, upstream, calls } = joinTunnel()
  client.socket._destroy = (_error, callback) => { destroying.push(callback) }
  tunnel.abort()
  await settle()
  t.strictSame([upstream.socket.closed, client.socket.closed, calls.onEnd], [true, false, 0])
  destroying[0]!(null)
  await settle()
  t.equal(calls.onEnd, 1)
})

// Proper ends of a WebSocket.

for (const who of ['client', 'upstream'] as const) {
  t.test(`the ${who}'s end is passed on, and the other one has its time to end, too`, async t => {
    const setup = joinTunnel()
    const { tunnel, clock, calls } = setup
    const [first, second] = who === 'client' ? [setup.client, setup.upstream] : [setup.upstream, setup.client]
    let hasEnded = false
    second.end.on('end', () => { hasEnded = true })
    first.end.end(createFrame(CLOSE, 2))
    await settle()
    t.ok(hasEnded)
    t.equal(tunnel.deadline, 1000 + LINGER_TIME)
    second.end.write('bye')
    clock.advance(100)
    second.end.end()
    await settle()
    t.strictSame([first.socket.closed, second.socket.closed, calls.onEnd], [true, true, 1])
    t.equal(tunnel.deadline, 1000 + LINGER_TIME, 'that is not prolonged')
  })
}

t.test('who does not end in time is cut', async t => {
  const { tunnel, upstream, client, calls, clock } = joinTunnel()
  upstream.end.end()
  await settle()
  clock.advance(LINGER_TIME)
  t.equal(tunnel.deadline, clock.now())
  tunnel.expire()
  await settle()
  t.strictSame([upstream.socket.destroyed, client.socket.destroyed, calls.onEnd], [true, true, 1])
})

t.test('a name of the protocol is not a matter of case', async t => {
  const { tunnel, upstream } = joinTunnel({ protocol: 'WebSocket' })
  upstream.end.end()
  await settle()
  t.equal(tunnel.deadline, 1000 + LINGER_TIME)
  t.equal(tunnel.protocol, 'WebSocket')
})

// Other protocols.

for (const who of ['client', 'upstream'] as const) {
  t.test(`in another protocol the end of the ${who} leaves the other direction open: it gets everything, for as long as that takes`, async t => {
    const setup = joinTunnel(OTHER)
    const [first, second, received] = who === 'client' ? [setup.client, setup.upstream, setup.atClient] : [setup.upstream, setup.client, setup.atUpstream]
    first.end.end('question')
    await settle()
    t.equal(setup.tunnel.deadline, Infinity)
    second.end.write('long ')
    await settle()
    second.end.end('answer')
    await settle()
    t.equal(received().toString(), 'long answer')
    t.strictSame([first.socket.closed, second.socket.closed, setup.calls.onEnd], [true, true, 1])
  })
}

// The upstream's connection is closed, and the client's is not.

/** The upstream has sent this, and its connection is closed behind it. The client does not read. */
async function closeUpstream (setup: Setup, text = 'x'.repeat(30)) {
  const parts = createTunnel({ ...setup, upstreamOptions: { allowHalfOpen: false, highWaterMark: 100 } })
  parts.upstream.end.resume()
  parts.tunnel.join(parts.client.socket)
  parts.upstream.end.end(text)
  await settle()
  return parts
}

for (const protocol of ['websocket', 'echo/1']) {
  t.test(`a client gets what its upstream has sent before it closed, in its time: ${protocol}`, async t => {
    const { tunnel, upstream, client, calls, clock } = await closeUpstream({ protocol, readerTimeout: 90_000 })
    t.strictSame([upstream.socket.closed, client.socket.destroyed, calls.onEnd], [true, false, 0])
    t.equal(tunnel.deadline, 91_000)
    clock.advance(60_000)
    const received = read(client.end)
    await settle()
    t.equal(received().length, 30)
    t.equal(tunnel.deadline, 61_000 + LINGER_TIME, 'and now it is to end')
    client.end.end()
    await settle()
    t.equal(calls.onEnd, 1)
  })
}

t.test('a client that has read nearly for too long does not get more by that', async t => {
  const { tunnel, client, clock } = await closeUpstream({ readerTimeout: 90_000 })
  clock.advance(89_000)
  read(client.end)
  await settle()
  t.equal(tunnel.deadline, 91_000)
})

t.test('a client may take for ever to read what is left, where that is allowed', async t => {
  const { tunnel } = await closeUpstream({ readerTimeout: 0 })
  t.equal(tunnel.deadline, Infinity)
})

t.test('a client that has read everything has its time to close, whatever readers have', async t => {
  const { tunnel, client, upstream } = joinTunnel({ ...OTHER, readerTimeout: 90_000 })
  upstream.end.end('last')
  await settle()
  t.ok(client.socket.writableFinished)
  t.strictSame([tunnel.deadline, upstream.socket.destroyed], [Infinity, false])
  upstream.socket.destroy()
  await settle()
  t.notOk(client.socket.destroyed)
  t.equal(tunnel.deadline, 1000 + LINGER_TIME)
})

// Idle ones.

t.test('a tunnel through which nothing goes is to be cut after its time, counted from the last byte of either end', async t => {
  const { tunnel, clock, client, upstream, calls } = joinTunnel({ idleTimeout: 300 })
  t.equal(tunnel.deadline, 1300)
  for (const { end } of [client, upstream]) {
    clock.advance(200)
    end.write('x')
    await settle()
    t.equal(tunnel.deadline, clock.now() + 300)
  }
  tunnel.expire()
  await settle()
  t.equal(calls.onEnd, 1)
})

t.test('a tunnel that is never joined is idle from its beginning', async t => {
  const { tunnel, upstream, calls } = createTunnel({ idleTimeout: 300 })
  t.equal(tunnel.deadline, 1300)
  tunnel.expire()
  await settle()
  t.ok(upstream.socket.destroyed)
  t.equal(calls.onEnd, 1)
})

t.test('the earlier one counts: that it is idle, or that it has to end', async t => {
  for (const [idleTimeout, expected] of [[300, 1300], [90_000, 1000 + LINGER_TIME]] as const) {
    const { tunnel, upstream } = joinTunnel({ idleTimeout })
    upstream.end.end()
    await settle()
    t.equal(tunnel.deadline, expected)
  }
})

// Before the client is told of the switch.

t.test('an upstream that is gone before the client is tied to it has ended the tunnel, once', async t => {
  const { tunnel, upstream, client, calls } = createTunnel()
  upstream.socket.destroy()
  await settle()
  t.equal(calls.onEnd, 1)
  tunnel.join(client.socket)
  await settle()
  t.ok(client.socket.destroyed)
  t.equal(calls.onEnd, 1)
})

t.test('an upstream that has ended before the client is tied to it is heard to its end', async t => {
  const { tunnel, upstream, client } = createTunnel({ upstreamOptions: { allowHalfOpen: false, highWaterMark: 100 } })
  upstream.end.end('all of it')
  await settle()
  const received = read(client.end)
  tunnel.join(client.socket)
  await settle()
  t.equal(received().toString(), 'all of it')
})

// The gateway stops.

const [TO_CLIENT, TO_UPSTREAM_LENGTH] = [createCloseFrame(GOING_AWAY, false), createCloseFrame(GOING_AWAY, true).length]

t.test('when the gateway stops both ends of a WebSocket get a close frame, each in its way', async t => {
  const { tunnel, atClient, atUpstream } = joinTunnel()
  tunnel.endStream()
  await settle()
  t.strictSame(atClient(), TO_CLIENT)
  t.strictSame([atUpstream().length, [...atUpstream().subarray(0, 2)]], [TO_UPSTREAM_LENGTH, [0x88, 0x82]])
})

t.test('when both ends have said that they close, too, the tunnel is over', async t => {
  const { tunnel, client, upstream, calls } = joinTunnel()
  tunnel.endStream()
  client.end.write(createFrame(CLOSE, 2, { isMasked: true }))
  upstream.end.write(createFrame(CLOSE, 2))
  await settle()
  t.equal(calls.onEnd, 0)
  // Whose end is seen, and who ends then.
  client.end.end()
  upstream.end.end()
  await settle()
  t.strictSame([client.socket.closed, upstream.socket.closed, calls.onEnd], [true, true, 1])
})

t.test('a frame in progress is finished before its receiver is told', async t => {
  const { tunnel, upstream, atClient, atUpstream } = joinTunnel()
  const frame = createFrame(TEXT, 20)
  upstream.end.write(frame.subarray(0, 7))
  await settle()
  tunnel.endStream()
  await settle()
  t.strictSame(atClient(), frame.subarray(0, 7))
  t.equal(atUpstream().length, TO_UPSTREAM_LENGTH, 'the other one is told at once')
  upstream.end.write(frame.subarray(7))
  await settle()
  t.strictSame(atClient(), Buffer.concat([frame, TO_CLIENT]))
})

for (const who of ['client', 'upstream'] as const) {
  t.test(`when the ${who} has begun to close, the two finish that between them`, async t => {
    const setup = joinTunnel()
    const close = createFrame(CLOSE, 2)
    setup[who].end.write(close)
    await settle()
    setup.tunnel.endStream()
    await settle()
    t.strictSame(Buffer.concat([setup.atClient(), setup.atUpstream()]), close)
  })
}

t.test('no end of another protocol gets anything when the gateway stops', async t => {
  const { tunnel, client, atClient, atUpstream } = joinTunnel(OTHER)
  tunnel.endStream()
  client.end.write('goes on')
  await settle()
  t.strictSame([atClient().length, atUpstream().toString()], [0, 'goes on'])
})

t.test('a gateway that stops before the client is tied tells it then', async t => {
  const { tunnel, upstream, client } = createTunnel()
  const [atUpstream, atClient] = [read(upstream.end), read(client.end)]
  tunnel.endStream()
  await settle()
  t.equal(atUpstream().length, 0)
  tunnel.join(client.socket)
  await settle()
  t.strictSame([atUpstream().length, atClient()], [TO_UPSTREAM_LENGTH, TO_CLIENT])
})
