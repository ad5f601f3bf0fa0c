// A gateway that hands over to another process, which has the listening socket from then on.
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { constants } from 'node:http2'
import net from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import tls from 'node:tls'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { fixture } from '../helpers/certificates.ts'
import { listenGateway, listenSecureStandalone, listenStandalone } from '../helpers/gateways.ts'
import { sendRequest } from '../helpers/http1-client.ts'
import { connectHttp2, sendHttp2Request } from '../helpers/http2-client.ts'
import { connectRaw } from '../helpers/raw-client.ts'
import { startUpstream } from '../helpers/upstreams.ts'
import { defer, soon } from '../helpers/waiting.ts'

const REQUEST = 'GET /app/ HTTP/1.1\r\nHost: a\r\n\r\n'
const LONG = { delay: '60s', gracePeriod: '60s' }

/** A gateway in front of an app that responds to `/slow` when the test says so, and an idle connection. */
async function startIdle (t: Test, shutdown: object, listen = listenStandalone) {
  const requested = defer<ServerResponse>()
  const upstream = await startUpstream(t, (request, response) => request.url === '/slow' ? requested.resolve(response) : response.writeHead(200, { 'content-length': 4 }).end('fine'))
  const { fastify, port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream }], shutdown })
  const idle = await connectRaw(t, port)
  idle.write(REQUEST)
  await idle.until(/fine$/)
  return { fastify, port, idle, requested: requested.promise }
}

function handOver (fastify: FastifyInstance) {
  const hurry = new AbortController()
  return { hurry, handedOver: fastify.gateway.handOver(hurry.signal) }
}

for (const { name, listen } of [{ name: 'a standalone gateway', listen: listenStandalone }, { name: 'a host server', listen: listenGateway }]) {
  t.test(`on ${name}, an idle connection is answered once more, and nothing new is accepted`, async t => {
    const { fastify, port, idle } = await startIdle(t, LONG, listen)
    const { handedOver } = handOver(fastify)
    t.equal(!fastify.gateway.isReady(), true)
    await t.rejects(sendRequest(port, '/app/'), { code: 'ECONNREFUSED' }, 'without a delay')
    await delay(200)
    t.notOk(idle.socket.closed)
    idle.write(REQUEST)
    t.match(await soon(idle.closed(), 'the response'), /fine[^]*\r\nconnection: close\r\n[^]*fine$/i)
    await soon(handedOver, 'the end')
  })
}

t.test('a request under way is answered, with Connection: close', async t => {
  const { fastify, idle: client, requested } = await startIdle(t, LONG)
  client.write(REQUEST.replace('/app/', '/app/slow'))
  const response = await requested
  const { handedOver } = handOver(fastify)
  response.writeHead(200, { 'content-length': 4 }).end('slow')
  t.match(await soon(client.closed(), 'the response'), /connection: close[^]*slow$/i)
  await soon(handedOver, 'the end')
})

t.test('what is idle at the end of the grace period is closed, and what is under way ends', async t => {
  const { fastify, port, idle, requested } = await startIdle(t, { gracePeriod: 400 })
  const busy = await connectRaw(t, port)
  busy.write(REQUEST.replace('/app/', '/app/slow'))
  await requested
  const since = performance.now()
  await soon(handOver(fastify).handedOver, 'the end')
  t.ok(performance.now() - since >= 390, 'not sooner')
  t.match(await idle.closed(), /fine$/)
  t.match(await busy.closed(), /^HTTP\/1\.1 503 /)
})

t.test('when no other process takes over, idle connections are closed at once', async t => {
  const { fastify, idle } = await startIdle(t, LONG)
  const { hurry, handedOver } = handOver(fastify)
  await delay(100)
  t.notOk(idle.socket.closed)
  hurry.abort()
  await soon(handedOver, 'the end')
  t.match(await idle.closed(), /fine$/)
})

t.test('an event stream ends between two events, so that its client comes again', async t => {
  const upstream = await startUpstream(t, (_request, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n'))
  const { fastify, port } = await listenStandalone(t, { apps: [{ name: 'app', upstreams: upstream }], shutdown: LONG })
  const client = await connectRaw(t, port)
  client.write(REQUEST)
  await client.until(/data: 1\n\n/)
  const { handedOver } = handOver(fastify)
  await client.until(/data: 1\n\n\r\n0\r\n\r\n$/)
  client.write(REQUEST)
  t.match(await soon(client.closed(), 'the next response'), /connection: close[^]*data: 1/i, 'perhaps on the same connection, once')
  await soon(handedOver, 'the end')
})

t.test('over HTTP/2, connected clients get GOAWAY, and what is under way is answered', async t => {
  const requested = defer<ServerResponse>()
  const upstream = await startUpstream(t, (request, response) => request.url === '/slow' ? requested.resolve(response) : response.end('fine'))
  const { fastify, origin, port } = await listenSecureStandalone(t, { apps: [{ name: 'app', upstreams: upstream }], shutdown: LONG })
  const session = await connectHttp2(t, origin)
  const unfinished = net.connect(port, '127.0.0.1')
  await once(fastify.server, 'connection')
  const goaway = once(session, 'goaway')
  const received = sendHttp2Request(session, '/app/slow')
  const response = await requested.promise
  const { handedOver } = handOver(fastify)
  t.match(await goaway, [constants.NGHTTP2_NO_ERROR, 1])
  response.end('slow')
  const { status, body } = await received
  t.strictSame([status, body.toString()], [200, 'slow'])
  // A handshake that had not begun when its gateway handed over.
  const late = tls.connect({ socket: unfinished, servername: 'localhost', ca: fixture('name.cert'), ALPNProtocols: ['http/1.1'] })
  late.write(REQUEST)
  let text = ''
  for await (const chunk of late) text += chunk
  t.match(text, /^HTTP\/1\.1 200 [^]*connection: close[^]*fine/i)
  await soon(handedOver, 'the end')
})

t.test('what does not end over HTTP/2 is cut at the end of the grace period', async t => {
  const requested = defer()
  const upstream = await startUpstream(t, () => requested.resolve())
  const { fastify, origin } = await listenSecureStandalone(t, { apps: [{ name: 'app', upstreams: upstream }], shutdown: { gracePeriod: 300 } })
  const session = await connectHttp2(t, origin)
  const received = sendHttp2Request(session, '/app/')
  await requested.promise
  const { handedOver } = handOver(fastify)
  t.match(await received, { status: 503 })
  await soon(handedOver, 'the end')
  if (!session.closed) await once(session, 'close')
})
