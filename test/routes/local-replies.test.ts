import Fastify from 'fastify'
import t from 'tap'
import gateway from '../../index.ts'
import { buildGateway, listenGateway } from '../helpers/gateways.ts'
import { listenHost, startHost } from '../helpers/host-server.ts'
import { connectRaw } from '../helpers/raw-client.ts'
import { startUpstream } from '../helpers/upstreams.ts'

const startApp = (t: Parameters<typeof startUpstream>[0]) => startUpstream(t, (_request, response) => response.end('app'))

t.test('an error of a host\'s own hook keeps the headers that the hook has given it', async t => {
  const fastify = await startHost(t, { apps: [{ name: 'app', upstreams: await startApp(t) }] }, {
    before: fastify => fastify.addHook('onRequest', async (_request, reply) => {
      reply.header('retry-after', '60')
      throw Object.assign(new Error('under pressure'), { statusCode: 503 })
    }),
  })
  const { statusCode, headers } = await fastify.inject('/app/')
  t.strictSame([statusCode, headers['retry-after']], [503, '60'])
})

t.test('the gateway\'s own 503 says when to come again', async t => {
  const fastify = await buildGateway(t, { apps: [{ name: 'app', upstreams: [{ url: 'http://127.0.0.1:1', weight: 0 }] }] })
  const { statusCode, headers } = await fastify.inject('/app/')
  t.strictSame([statusCode, headers['retry-after']], [503, '1'])
})

t.test('an error keeps a connection whose request has no more to come, and ends one that is uploading', async t => {
  const { port } = await listenGateway(t, { apps: [{ name: 'app', upstreams: 'http://127.0.0.1:1' }] })
  const client = await connectRaw(t, port)
  for (let i = 1; i <= 2; i++) {
    client.write('GET /app/ HTTP/1.1\r\nHost: a\r\n\r\n')
    t.notMatch(await client.until(new RegExp(`(HTTP/1\\.1 502 [^]*}[^]*){${i}}`)), /connection: close/i)
  }
  const host = await startHost(t, { apps: [{ name: 'app', upstreams: await startApp(t) }] }, {
    before: fastify => fastify.addHook('onRequest', (_request, _reply, done) => done(Object.assign(new Error('no'), { statusCode: 403 }))),
  })
  const refused = await connectRaw(t, await listenHost(host))
  for (let i = 1; i <= 2; i++) {
    refused.write('GET /app/ HTTP/1.1\r\nHost: a\r\n\r\n')
    t.notMatch(await refused.until(new RegExp(`(HTTP/1\\.1 403 [^]*}[^]*){${i}}`)), /connection: close/i)
  }
  const uploading = await connectRaw(t, port)
  uploading.write('POST /app/ HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nab')
  t.match(await uploading.closed(), /^HTTP\/1\.1 502 [^]*\r\nconnection: close\r\n/i)
})

t.test('the error of a hook of a second scope is not taken for the gateway\'s', async t => {
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  await fastify.register(gateway, { apps: [{ name: 'app', upstreams: await startApp(t) }] })
  fastify.get('/mine', async () => { throw Object.assign(new Error('mine'), { statusCode: 503 }) })
  t.equal((await fastify.inject('/mine')).headers['retry-after'], undefined)
})
