import { constants, type ServerHttp2Stream } from 'node:http2'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { HEADERS } from '../../../helpers/http2-codec.ts'
import { startRawUpstream } from '../../../helpers/upstreams.ts'
import { GET } from '../transport.ts'
import { setting, startPeer } from './frames.ts'
import { ask, openConnections, Recorder, send, startHttp2, until } from './support.ts'

const respond = (stream: ServerHttp2Stream) => {
  stream.respond({ ':status': 200 })
  stream.end('a')
}

t.test('a thousand requests at a time need one connection for each hundred, where that is the limit', async t => {
  const { origin, sessions, streams } = await startHttp2(t, stream => stream.respond({ ':status': 200 }), { settings: { maxConcurrentStreams: 100 } })
  const connections = openConnections(t, origin, { maxConnections: 20 })
  const recorders = Array.from({ length: 1000 }, () => send(connections))
  await until(() => streams.length === 1000)
  t.equal(sessions.length, 10)
  for (const stream of streams) stream.end('a')
  const results = await Promise.all(recorders.map(({ done }) => done))
  t.ok(results.every(({ body }) => body === 'a'))
})

t.test('with no more connections allowed, requests wait for a stream', async t => {
  let running = 0
  let most = 0
  const { origin, sessions } = await startHttp2(t, stream => {
    most = Math.max(most, ++running)
    stream.on('close', () => running--)
    setImmediate(respond, stream)
  }, { settings: { maxConcurrentStreams: 50 } })
  const connections = openConnections(t, origin, { maxConnections: 2 })
  const results = await Promise.all(Array.from({ length: 1000 }, () => ask(connections)))
  t.ok(results.every(({ body }) => body === 'a'))
  t.equal(sessions.length, 2)
  t.ok(most <= 100, `${most} at a time`)
})

t.test('a thousand uploads and answers at a time come whole', async t => {
  const { origin, sessions } = await startHttp2(t, stream => {
    stream.respond({ ':status': 200 })
    stream.pipe(stream)
  })
  const connections = openConnections(t, origin)
  const body = Buffer.alloc(40_000, 'x')
  const results = await Promise.all(Array.from({ length: 1000 }, () => ask(connections, { method: 'POST', body })))
  t.ok(results.every(({ length }) => length === body.length))
  t.ok(sessions.length <= 8, `${sessions.length} sessions`)
})

t.test('one request after the other shares one connection', async t => {
  const { origin, sessions } = await startHttp2(t, respond)
  const connections = openConnections(t, origin)
  for (let count = 0; count < 10; count++) await ask(connections)
  t.equal(sessions.length, 1)
})

t.test('requests survive a server that closes each connection after ten, in good order', async t => {
  let count = 0
  const { origin, sessions } = await startHttp2(t, stream => {
    if (++count % 10 === 0) stream.session!.close()
    setTimeout(2).then(() => respond(stream))
  })
  const connections = openConnections(t, origin)
  const results: Recorder[] = []
  for (let round = 0; round < 20; round++) {
    results.push(...(await Promise.all(Array.from({ length: 10 }, () => ask(connections)))))
  }
  const failed = results.filter(({ error }) => error !== null)
  t.ok(failed.every(({ error }) => 'code' in error! && error.code === 'ERR_UPSTREAM_UNPROCESSED'))
  t.equal(results.length - failed.length, count)
  t.ok(sessions.length > 5)
})

t.test('who comes back gets a connection that nobody has used, which he shares and which is kept', async t => {
  const used: unknown[] = []
  const { origin, sessions } = await startHttp2(t, stream => {
    used.push(stream.session)
    respond(stream)
  })
  const connections = openConnections(t, origin)
  await ask(connections)
  const again = [1, 2, 3].map(() => {
    const recorder = new Recorder()
    connections.dispatchFresh(GET, recorder)
    return recorder.done
  })
  await Promise.all(again)
  t.equal(sessions.length, 2)
  t.strictSame(used.map(session => sessions.findIndex(other => other === session)), [0, 1, 1, 1])
  await ask(connections)
  t.equal(sessions.length, 2)
})

t.test('who comes back takes any connection when there may be no more', async t => {
  const { origin, sessions } = await startHttp2(t, respond)
  const connections = openConnections(t, origin, { maxConnections: 1 })
  await ask(connections)
  const recorder = new Recorder()
  connections.dispatchFresh(GET, recorder)
  t.equal((await recorder.done).body, 'a')
  t.equal(sessions.length, 1)
})

t.test('a connection that cannot be opened fails those who wait for it, and the next tries again', async t => {
  let isDown = true
  const origin = await startRawUpstream(t, socket => { if (isDown) socket.destroy() })
  const connections = openConnections(t, origin)
  const [first, second] = await Promise.all([ask(connections), ask(connections)])
  t.ok(first.error)
  t.equal(first.error, second.error)
  isDown = false
  const third = send(connections)
  await setTimeout(20)
  t.strictSame(third.events, [])
})

t.test('who waits is not failed by a connection that had been open', async t => {
  const { origin, peers } = await startPeer(t, ({ type, stream }, peer) => {
    if (type === HEADERS && peers.indexOf(peer) === 1) peer.head(stream, { end: true })
  }, { settings: setting(3, 1) })
  const connections = openConnections(t, origin, { maxConnections: 1 })
  const first = send(connections)
  await until(() => first.events.includes('connect'))
  const second = send(connections)
  peers[0]!.socket.resetAndDestroy()
  t.ok((await first.done).error)
  t.equal((await second.done).statusCode, 200)
})

t.test('a switch of protocols is refused without a connection', async t => {
  let connected = 0
  const origin = await startRawUpstream(t, () => connected++)
  const recorder = await ask(openConnections(t, origin), { upgrade: 'websocket' })
  t.strictSame(recorder.events, ['error'])
  t.match(recorder.error, { code: 'ERR_UPSTREAM_UNSUPPORTED', message: 'HTTP/2 cannot switch to websocket' })
  t.equal(connected, 0)
})

t.test('closing finishes what runs and what waits, and takes no more', async t => {
  const { origin, sessions, streams } = await startHttp2(t, stream => stream.respond({ ':status': 200 }), { settings: { maxConcurrentStreams: 1 } })
  const connections = openConnections(t, origin, { maxConnections: 1 })
  const first = send(connections)
  await until(() => streams.length === 1)
  const second = send(connections)
  let isClosed = false
  const closed = connections.close().then(() => { isClosed = true })
  t.ok((await ask(connections)).error)
  await setTimeout(20)
  t.notOk(isClosed)
  streams[0]!.end('a')
  await first.done
  await until(() => streams.length === 2)
  streams[1]!.end('b')
  t.equal((await second.done).body, 'b')
  await closed
  t.ok(sessions[0]!.destroyed || sessions[0]!.closed)
  await connections.close()
})

t.test('closing without a connection is done at once', async t => {
  const connections = openConnections(t, 'http://127.0.0.1:1')
  await connections.close()
})

t.test('destroying ends everything at once', async t => {
  const { origin, sessions, streams } = await startHttp2(t, stream => stream.respond({ ':status': 200 }), { settings: { maxConcurrentStreams: 1 } })
  const connections = openConnections(t, origin, { maxConnections: 1 })
  const running = send(connections)
  await until(() => running.heads.length === 1)
  const waiting = send(connections)
  await connections.destroy()
  t.ok((await running.done).error)
  t.strictSame((await waiting.done).events, ['error'])
  await until(() => sessions[0]!.destroyed)
  t.ok(streams[0]!.destroyed)
})

t.test('a connection that is being opened for nobody is not waited for', async t => {
  const origin = await startRawUpstream(t, socket => socket.resume())
  const connections = openConnections(t, origin)
  const recorder = send(connections)
  await setTimeout(20)
  await connections.destroy()
  t.match((await recorder.done).error, { message: 'The gateway closed the connection' })
})

t.test('a refused stream is told from one that was acted on', async t => {
  let count = 0
  const { origin } = await startHttp2(t, stream => {
    if (count++ === 0) stream.close(constants.NGHTTP2_REFUSED_STREAM)
    else respond(stream)
  })
  const connections = openConnections(t, origin)
  t.match((await ask(connections)).error, { code: 'ERR_UPSTREAM_UNPROCESSED', isGracefulClose: false })
  t.equal((await ask(connections)).body, 'a')
})
