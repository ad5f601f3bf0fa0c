import { duplexPair } from 'node:stream'
import t, { type Test } from 'tap'
import type { DispatchContext } from '../../../lib/dispatch/context.ts'
import { Deadlines } from '../../../lib/collections/deadlines.ts'
import { openTunnel } from '../../../lib/dispatch/open-tunnel.ts'
import type { ExchangeStep } from '../../../lib/dispatch/exchange-step.ts'
import { createConnection, read, settle } from '../tunnel/ends.ts'
import { createLocation } from '../locations.ts'
import { closeOf, createClock, createLease } from './fakes.ts'

/** A tunnel to an upstream, as a location with these times opens it. The clock stands at 1000. */
function open (t: Test, { stream = 0, body = 50, isEndingStreams = false, protocol = 'websocket' } = {}) {
  const clock = createClock()
  const deadlines = new Deadlines<ExchangeStep>(clock.now, 1_000_000)
  t.teardown(() => deadlines.close())
  const lease = createLease()
  const upstream = createConnection({ allowHalfOpen: false, highWaterMark: 100 })
  const context = {
    deadlines,
    now: clock.now,
    isEndingStreams: () => isEndingStreams,
    location: createLocation({ timeouts: { stream, body } }),
  } as DispatchContext
  return { tunnel: openTunnel(context, lease, upstream.socket, protocol), clock, deadlines, lease, upstream }
}

t.test('a tunnel is watched, and holds its lease, until it ends', async t => {
  const { tunnel, deadlines, lease, upstream } = open(t)
  t.strictSame([[...deadlines], lease.released], [[tunnel], 0])
  const [socket] = duplexPair()
  tunnel.join(socket)
  await settle()
  t.equal(lease.released, 0)
  upstream.socket.destroy()
  await closeOf(socket)
  t.strictSame([[...deadlines].length, lease.released], [0, 1])
})

t.test('the time of streams is a tunnel\'s, in both directions', async t => {
  t.equal(open(t, { stream: 700 }).tunnel.deadline, 1700)
  t.equal(open(t, { stream: 0 }).tunnel.deadline, Infinity)
})

t.test('a tunnel whose time is over is cut', async t => {
  const { clock, deadlines, lease, upstream } = open(t, { stream: 700 })
  clock.advance(699)
  deadlines.tick()
  t.notOk(upstream.socket.destroyed)
  clock.advance(1)
  deadlines.tick()
  t.ok(upstream.socket.destroyed)
  await settle()
  t.strictSame([[...deadlines].length, lease.released], [0, 1])
})

for (const [body, expected] of [[50, 1150], [0, Infinity]] as const) {
  t.test(`a client has three times the time of a body to read what its upstream has left: ${body === 0 ? 'none' : body}`, async t => {
    const { tunnel, upstream } = open(t, { body })
    const client = createConnection({ highWaterMark: 10 })
    upstream.end.resume()
    tunnel.join(client.socket)
    upstream.end.end('x'.repeat(30))
    await settle()
    t.ok(upstream.socket.closed)
    t.equal(tunnel.deadline, expected)
  })
}

for (const isEndingStreams of [true, false]) {
  t.test(`a tunnel that is opened when the gateway ${isEndingStreams ? 'stops ends as soon as' : 'does not stop goes on when'} the client is tied to it`, async t => {
    const { tunnel, upstream } = open(t, { isEndingStreams })
    const client = createConnection()
    const [atClient, atUpstream] = [read(client.end), read(upstream.end)]
    tunnel.join(client.socket)
    await settle()
    t.strictSame([atClient().length, atUpstream().length], isEndingStreams ? [4, 8] : [0, 0])
  })
}

t.test('a tunnel speaks what its upstream has switched to', async t => {
  t.equal(open(t, { protocol: 'echo/1' }).tunnel.protocol, 'echo/1')
})
