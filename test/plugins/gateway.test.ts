import Fastify from 'fastify'
import t from 'tap'
import gateway from '../../index.ts'
import { buildGateway } from '../helpers/gateways.ts'
import { startUpstream } from '../helpers/upstreams.ts'

t.test('each app responds under its prefix', async t => {
  const users = await startUpstream(t, (request, response) => response.end(`users ${request.url}`))
  const items = await startUpstream(t, (request, response) => response.end(`items ${request.url}`))
  const fastify = await buildGateway(t, { apps: [{ name: 'users', upstreams: users }, { name: 'shop.items', upstreams: items }] })
  t.equal((await fastify.inject('/users/1?x=2')).body, 'users /1?x=2')
  t.equal((await fastify.inject('/items/')).body, 'items /')
  t.equal((await fastify.inject('/shop')).statusCode, 404)
})

t.test('the longest prefix wins, and the empty one takes the rest', async t => {
  const name = (text: string) => startUpstream(t, (request, response) => response.end(`${text} ${request.url}`))
  const fastify = await buildGateway(t, {
    apps: [
      { name: 'site', prefix: '', upstreams: await name('site') },
      { name: 'api', upstreams: await name('api') },
      { name: 'admin', prefix: 'api/admin', upstreams: await name('admin') },
    ],
  })
  const bodies: Record<string, string> = {
    '/': 'site /',
    '/apix': 'site /apix',
    '/api': 'api /',
    '/api/adminx': 'api /adminx',
    '/api/admin': 'admin /',
    '/api/admin/a': 'admin /a',
  }
  for (const [url, body] of Object.entries(bodies)) t.equal((await fastify.inject(url)).body, body, url)
})

t.test('the routing table is there for the host server', async t => {
  const fastify = await buildGateway(t, { apps: [{ name: 'users', upstreams: 'h:1' }] })
  await fastify.ready()
  t.match(fastify.gateway.locations, [{ name: 'users', prefix: '/users', upstreams: [{ url: 'http://h:1', weight: 1 }] }])
})

t.test('a wrong configuration is refused at registration, with every problem', async t => {
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  const options = { appDir: 'x', apps: [{ name: 'a', upstreams: [{ url: 'ftp://h', weight: -1 }] }, { name: 'b', prefix: 'a', upstreams: 'h:1' }], trustedProxies: ['nobody'] }
  const refusal = await fastify.register(gateway, options as object).then(() => undefined, error => error)
  t.equal(refusal.code, 'GW_ERR_CONFIG')
  t.ok(refusal instanceof TypeError)
  const paths = refusal.problems.map(({ path }: { path: string }) => path)
  for (const path of ['appDir', 'trustedProxies[0]']) t.ok(paths.includes(path), `${path} in ${paths}`)
  t.match(refusal.message, /did you mean "appsDir"\?/)
})

t.test('two gateways in two scopes of one server share nothing', async t => {
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  const upstream = await startUpstream(t, (request, response) => response.end(request.url))
  for (const name of ['a', 'b']) {
    await fastify.register(async scope => {
      await scope.register(gateway, { apps: [{ name, upstreams: upstream }] })
    })
  }
  t.equal((await fastify.inject('/a/1')).body, '/1')
  t.equal((await fastify.inject('/b/2')).body, '/2')
})

t.test('hooks of the server run for a forwarded request, and its own routes stay its own', async t => {
  const upstream = await startUpstream(t, (_request, response) => response.end('app'))
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  const ran: string[] = []
  fastify.addHook('onRequest', async () => { ran.push('onRequest') })
  fastify.addHook('preHandler', async request => {
    ran.push('preHandler')
    if (request.headers.authorization === undefined) throw Object.assign(new Error('who are you?'), { statusCode: 401 })
  })
  fastify.addHook('onSend', async (_request, _reply, payload) => {
    ran.push('onSend')
    return payload
  })
  fastify.addHook('onResponse', async () => { ran.push('onResponse') })
  await fastify.register(gateway, { apps: [{ name: 'users', upstreams: upstream }] })
  fastify.get('/users/health', async () => 'own')
  t.equal((await fastify.inject('/users/1')).statusCode, 401)
  t.equal((await fastify.inject({ url: '/users/1', headers: { authorization: 'me' } })).body, 'app')
  t.equal((await fastify.inject({ url: '/users/health', headers: { authorization: 'me' } })).body, 'own')
  t.strictSame(ran.slice(4, 8), ['onRequest', 'preHandler', 'onSend', 'onResponse'])
})

t.test('in a scope with a prefix, that is the first part of every public path', async t => {
  const upstream = await startUpstream(t, (request, response) => response.writeHead(302, { location: '/login' }).end(`${request.url} ${request.headers['x-forwarded-prefix']}`))
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  await fastify.register(async scope => {
    await scope.register(gateway, { apps: [{ name: 'a', upstreams: upstream }, { name: 'rest', prefix: '', upstreams: upstream }] })
  }, { prefix: '/api' })
  const injectAt = async (url: string) => {
    const { body, headers } = await fastify.inject(url)
    return [body, headers.location]
  }
  t.strictSame(await injectAt('/api/a/x?y'), ['/x?y /api/a', '/api/a/login'])
  t.strictSame(await injectAt('/api/b'), ['/b /api', '/api/login'])
  t.strictSame(await injectAt('/api'), ['/ /api', '/api/login'])
  t.equal((await fastify.inject('/a/x')).statusCode, 404)
})

t.test('what the gateway cannot work in is said at registration', async t => {
  const options = { apps: [{ name: 'a', upstreams: 'h:1' }] }
  const twice = await buildGateway(t, options)
  await t.rejects(async () => { await twice.register(gateway, options) }, { code: 'GW_ERR_CONFIG', message: /has a gateway already/ })
})

t.test('the gateway\'s own responses carry the request\'s id', async t => {
  const fastify = await buildGateway(t, { apps: [{ name: 'a', upstreams: '127.0.0.1:1' }] })
  for (const url of ['/a/..%2f..%2fx', '/a/x']) t.equal((await fastify.inject({ url, headers: { 'x-request-id': 'mine' } })).headers['x-request-id'], 'mine', url)
})
