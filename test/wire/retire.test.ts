// A gateway whose place is taken by another process; the listening socket is that one's from then on.
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

/** A gateway in front of an app that answers `/slow` when it is told to, and a kept connection without a request. */
async function startIdle (t: Test, shutdown: object, listen = listenStandalone) {
  const asked = defer<ServerResponse>()
  const upstream = await startUpstream(t, (request, response) => request.url === '/slow' ? asked.resolve(response) : response.writeHead(200, { 'content-length': 4 }).end('fine'))
  const { fastify, port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream }], shutdown })
  const idle = await connectRaw(t, port)
  idle.write(REQUEST)
  await idle.until(/fine$/)
  return { fastify, port, idle, asked: asked.promise }
}

function retire (fastify: FastifyInstance) {
  const hurry = new AbortController()
  return { hurry, retired: fastify.gateway.handOver(hurry.signal) }
}

for (const { name, listen } of [{ name: 'its own server', listen: listenStandalone }, { name: 'somebody else\'s', listen: listenGateway }]) {
  t.test(`on ${name}, an idle connection is answered once more, and nothing new is accepted`, async t => {
    const { fastify, port, idle } = await startIdle(t, LONG, listen)
    const { retired } = retire(fastify)
    t.equal(!fastify.gateway.isReady(), true)
    await t.rejects(sendRequest(port, '/app/'), { code: 'ECONNREFUSED' }, 'without a delay')
    await delay(200)
    t.notOk(idle.socket.closed)
    idle.write(REQUEST)
    t.match(await soon(idle.closed(), 'the answer'), /fine[^]*\r\nconnection: close\r\n[^]*fine$/i)
    await soon(retired, 'the end')
  })
}

t.test('a request under way is answered, with Connection: close', async t => {
  const { fastify, idle: client, asked } = await startIdle(t, LONG)
  client.write(REQUEST.replace('/app/', '/app/slow'))
  const response = await asked
  const { retired } = retire(fastify)
  response.writeHead(200, { 'content-length': 4 }).end('slow')
  t.match(await soon(client.closed(), 'the answer'), /connection: close[^]*slow$/i)
  await soon(retired, 'the end')
})

t.test('what is idle at the end of the grace period is closed, and what is under way ends', async t => {
  const { fastify, port, idle, asked } = await startIdle(t, { gracePeriod: 400 })
  const busy = await connectRaw(t, port)
  busy.write(REQUEST.replace('/app/', '/app/slow'))
  await asked
  const since = performance.now()
  await soon(retire(fastify).retired, 'the end')
  t.ok(performance.now() - since >= 390, 'not sooner')
  t.match(await idle.closed(), /fine$/)
  t.match(await busy.closed(), /^HTTP\/1\.1 503 /)
})

t.test('when there will be nobody in its place, idle connections are closed at once', async t => {
  const { fastify, idle } = await startIdle(t, LONG)
  const { hurry, retired } = retire(fastify)
  await delay(100)
  t.notOk(idle.socket.closed)
  hurry.abort()
  await soon(retired, 'the end')
  t.match(await idle.closed(), /fine$/)
})

t.test('an event stream ends between two events, so that its client comes again', async t => {
  const upstream = await startUpstream(t, (_request, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n'))
  const { fastify, port } = await listenStandalone(t, { apps: [{ name: 'app', upstreams: upstream }], shutdown: LONG })
  const client = await connectRaw(t, port)
  client.write(REQUEST)
  await client.until(/data: 1\n\n/)
  const { retired } = retire(fastify)
  await client.until(/data: 1\n\n\r\n0\r\n\r\n$/)
  client.write(REQUEST)
  t.match(await soon(client.closed(), 'the next answer'), /connection: close[^]*data: 1/i, 'perhaps on the same connection, once')
  await soon(retired, 'the end')
})

t.test('over HTTP/2, whoever is connected is told to connect anew, and what is under way is answered', async t => {
  const asked = defer<ServerResponse>()
  const upstream = await startUpstream(t, (request, response) => request.url === '/slow' ? asked.resolve(response) : response.end('fine'))
  const { fastify, origin, port } = await listenSecureStandalone(t, { apps: [{ name: 'app', upstreams: upstream }], shutdown: LONG })
  const session = await connectHttp2(t, origin)
  const unfinished = net.connect(port, '127.0.0.1')
  await once(fastify.server, 'connection')
  const goaway = once(session, 'goaway')
  const answer = sendHttp2Request(session, '/app/slow')
  const response = await asked.promise
  const { retired } = retire(fastify)
  t.match(await goaway, [constants.NGHTTP2_NO_ERROR, 1])
  response.end('slow')
  const { status, body } = await answer
  t.strictSame([status, body.toString()], [200, 'slow'])
  // A handshake that had not begun when its gateway retired.
  const late = tls.connect({ socket: unfinished, servername: 'localhost', ca: fixture('name.cert'), ALPNProtocols: ['http/1.1'] })
  late.write(REQUEST)
  let text = ''
  for await (const chunk of late) text += chunk
  t.match(text, /^HTTP\/1\.1 200 [^]*connection: close[^]*fine/i)
  await soon(retired, 'the end')
})

t.test('what does not end over HTTP/2 is cut at the end of the grace period', async t => {
  const asked = defer()
  const upstream = await startUpstream(t, () => asked.resolve())
  const { fastify, origin } = await listenSecureStandalone(t, { apps: [{ name: 'app', upstreams: upstream }], shutdown: { gracePeriod: 300 } })
  const session = await connectHttp2(t, origin)
  const answer = sendHttp2Request(session, '/app/')
  await asked.promise
  const { retired } = retire(fastify)
  t.match(await answer, { status: 503 })
  await soon(retired, 'the end')
  if (!session.closed) await once(session, 'close')
})
