import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { constants } from 'node:http2'
import net from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import type { GatewayPluginOptions } from '../../index.ts'
import { fixture } from '../helpers/certificates.ts'
import { buildGateway, listenSecureStandalone } from '../helpers/gateways.ts'
import { connectHttp2, readHttp2Response, sendHttp2Request } from '../helpers/http2-client.ts'
import { startUpstream } from '../helpers/upstreams.ts'
import { defer, soon } from '../helpers/waiting.ts'

/** Begins to stop. Resolves when the gateway knows; what it resolves to settles when it has stopped. */
async function beginStop (fastify: FastifyInstance): Promise<{ stopped: Promise<unknown> }> {
  const stopped = fastify.close()
  while (fastify.gateway.isReady()) await turn()
  return { stopped }
}

/** A gateway, a connection to it, and a request under way on that. */
async function startSlow (t: Test, shutdown: GatewayPluginOptions['shutdown']) {
  const requested = defer<ServerResponse>()
  const upstream = await startUpstream(t, (request, response) => request.url === '/slow' ? requested.resolve(response) : response.end('fine'))
  const { fastify, origin, port } = await listenSecureStandalone(t, { apps: [{ name: 'app', upstreams: upstream }], shutdown })
  const session = await connectHttp2(t, origin)
  const received = sendHttp2Request(session, '/app/slow')
  received.catch(() => {})
  return { fastify, origin, port, session, received, response: await requested.promise }
}

t.test('a request under way over HTTP/2 is answered whole while the gateway stops, and its connection gets GOAWAY', async t => {
  const { fastify, session, received, response } = await startSlow(t, { gracePeriod: '20s' })
  const goaway = once(session, 'goaway')
  const { stopped } = await beginStop(fastify)
  t.match(await goaway, [constants.NGHTTP2_NO_ERROR])
  response.end('late')
  t.match(await received, { status: 200, body: Buffer.from('late') })
  await soon(stopped, 'the stop, long before the grace period is over')
})

t.test('what does not end over HTTP/2 is cut at the end of the grace period, and gets a response if it has none', async t => {
  const { fastify, received, session } = await startSlow(t, { gracePeriod: 300 })
  const { stopped } = await beginStop(fastify)
  t.match(await received, { status: 503 })
  await soon(stopped, 'the stop')
  if (!session.closed) await once(session, 'close')
})

t.test('idle connections, of either protocol and without any, do not delay the stop', async t => {
  const upstream = await startUpstream(t, (_request, response) => response.end('fine'))
  const { fastify, origin, port } = await listenSecureStandalone(t, { apps: [{ name: 'app', upstreams: upstream }], shutdown: { gracePeriod: '60s' } })
  const session = await connectHttp2(t, origin)
  await sendHttp2Request(session, '/app/')
  const silent = net.connect(port, '127.0.0.1').on('error', () => {})
  await once(silent, 'connect')
  await soon(fastify.close(), 'the stop')
  t.ok(session.closed)
  silent.destroy()
})

t.test('during shutdown.delay requests are answered over HTTP/2, and a response says that there will be no more', async t => {
  const { fastify, origin, session, received, response } = await startSlow(t, { delay: 1000, gracePeriod: '20s' })
  const { stopped } = await beginStop(fastify)
  const goaway = once(session, 'goaway')
  t.match(await sendHttp2Request(session, '/app/'), { status: 200, body: Buffer.from('fine') })
  t.match(await goaway, [constants.NGHTTP2_NO_ERROR, 3], 'the last stream that is answered')
  const another = await connectHttp2(t, origin)
  t.match(await sendHttp2Request(another, '/app/'), { status: 200, body: Buffer.from('fine') }, 'on new connections, too')
  response.end('late')
  t.match(await received, { status: 200, body: Buffer.from('late') }, 'what was under way goes on')
  await soon(stopped, 'the stop')
})

t.test('the connections of a host server with HTTP/2 are closed when it stops, without cutting what is theirs', async t => {
  const upstream = await startUpstream(t, (_request, response) => response.end('fine'))
  const server = { http2: true, https: { allowHTTP1: true, cert: fixture('name.cert'), key: fixture('name.key') } } as object
  const fastify = await buildGateway(t, { apps: [{ name: 'app', upstreams: upstream }], shutdown: { gracePeriod: 50 } }, server)
  const requested = defer<() => void>()
  fastify.get('/own', (_request, reply) => requested.resolve(() => reply.send('mine')))
  const origin = (await fastify.listen({ port: 0, host: '127.0.0.1' })).replace('127.0.0.1', 'localhost')
  const session = await connectHttp2(t, origin)
  t.match(await sendHttp2Request(session, '/app/'), { status: 200 })
  const own = readHttp2Response(session.request({ ':path': '/own' }))
  const finish = await requested.promise
  const { stopped } = await beginStop(fastify)
  await new Promise(resolve => setTimeout(resolve, 200))
  finish()
  t.match(await own, { status: 200, body: Buffer.from('mine') })
  await soon(stopped, 'the stop')
})

t.test('tls is refused where the server is not the command\'s and speaks plain HTTP', async t => {
  const tls = { cert: fixture('name.cert'), key: fixture('name.key') }
  await t.rejects(buildGateway(t, { apps: [{ name: 'app', port: 1 }], tls }), { code: 'GW_ERR_CONFIG', problems: [{ path: 'tls', message: /plain HTTP.*fastify-gateway start/ }] })
  t.ok(await buildGateway(t, { apps: [{ name: 'app', port: 1 }], tls }, { https: tls } as object), 'but not where it has its own')
})
