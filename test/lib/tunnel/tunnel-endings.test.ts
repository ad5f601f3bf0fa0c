import t from 'tap'
import { createCloseFrame, GOING_AWAY } from '../../../lib/tunnel/websocket-frames.ts'
import { Tunnel } from '../../../lib/tunnel/tunnel.ts'
import { createClock } from '../dispatch/fakes.ts'
import { createConnection, read, settle } from './ends.ts'
import { CLOSE, createFrame, TEXT } from './frames.ts'

const CLOSE_FRAME = createCloseFrame(GOING_AWAY, false)

/** A tunnel whose errors are noted. */
function make (protocol = 'websocket', highWaterMark = 10_000) {
  const clock = createClock()
  const upstream = createConnection({ highWaterMark })
  const client = createConnection({ highWaterMark })
  const context = { now: clock.now, idleTimeout: 0, readerTimeout: 0, onEnd () {} }
  const tunnel = new Tunnel(upstream.socket, protocol, context)
  const errors: string[] = []
  upstream.socket.on('error', error => errors.push(`upstream: ${error.message}`))
  client.socket.on('error', error => errors.push(`client: ${error.message}`))
  return { tunnel, upstream, client, errors }
}

t.test('a stop after an end of a WebSocket has ended without a close frame does not break off the rest', async t => {
  const { tunnel, client, upstream, errors } = make()
  const atClient = read(client.end)
  upstream.end.resume()
  tunnel.join(client.socket)
  client.end.end()
  await settle()
  const frame = createFrame(TEXT, 20)
  upstream.end.write(frame.subarray(0, 7))
  await settle()
  tunnel.endStream()
  upstream.end.write(frame.subarray(7))
  await settle()
  t.strictSame(errors, [])
  t.strictSame(atClient(), Buffer.concat([frame, CLOSE_FRAME]))
})

t.test('a client that closes by itself while a frame for it is in progress gets that frame whole', async t => {
  const { tunnel, client, upstream, errors } = make()
  const atClient = read(client.end)
  upstream.end.resume()
  tunnel.join(client.socket)
  const frame = createFrame(TEXT, 20)
  upstream.end.write(frame.subarray(0, 7))
  await settle()
  tunnel.endStream()
  client.end.write(createFrame(CLOSE, 2, { isMasked: true }))
  await settle()
  upstream.end.write(frame.subarray(7))
  await settle()
  t.strictSame(errors, [])
  t.strictSame(atClient(), Buffer.concat([frame, CLOSE_FRAME]))
})

t.test('a second endStream says nothing more', async t => {
  const { tunnel, client, upstream } = make()
  const atClient = read(client.end)
  upstream.end.resume()
  tunnel.join(client.socket)
  tunnel.endStream()
  tunnel.endStream()
  await settle()
  t.strictSame(atClient(), CLOSE_FRAME)
})

t.test('an upstream that reads slowly gets all that its client has sent before it closed', async t => {
  const { tunnel, client, upstream } = make('echo/1', 100)
  client.end.resume()
  tunnel.join(client.socket)
  upstream.end.end()
  await settle()
  for (let i = 0; i < 2; i++) {
    client.end.write('x'.repeat(60))
    await settle()
  }
  client.end.end('x'.repeat(30))
  await settle()
  const atUpstream = read(upstream.end)
  await settle()
  t.equal(atUpstream().length, 150)
})
