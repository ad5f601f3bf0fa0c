import Fastify, { type FastifyRequest } from 'fastify'
import t from 'tap'
import gateway from '../../index.ts'
import { resolveConfiguration } from '../../lib/configuration/resolve.ts'
import standalone from '../../plugins/standalone.ts'
import { startEcho, startHost } from '../helpers/host-server.ts'

const three = { apps: ['users', 'items', 'shop'].map(name => ({ name, upstreams: '127.0.0.1:1' })) }

for (const isStandalone of [false, true]) {
  t.test(`each location is a scope with reply-from in it, ${isStandalone ? 'standalone' : 'in a host server'}`, async t => {
    const fastify = Fastify()
    t.teardown(() => fastify.close())
    const configuration = await resolveConfiguration(three, process.cwd())
    await (isStandalone ? fastify.register(standalone, { configuration }) : fastify.register(gateway, three))
    await fastify.ready()
    const scopes = fastify.printPlugins().split(/(?=[├└]─[─┬] location )/).slice(1)
    t.strictSame(scopes.map(scope => /location \S+/.exec(scope)![0]), ['location /users', 'location /items', 'location /shop'])
    for (const scope of scopes) {
      for (const name of ['@fastify/reply-from', 'gateway-rewrite-headers', 'gateway-rewrite-openapi']) t.match(scope, name)
    }
  })
}

t.test('a scope has the rewriting hooks that its location needs, and no other', async t => {
  const fastify = await startHost(t, { apps: [{ name: 'aware', upstreams: 'h:1', prefixAware: true }, { name: 'plain', upstreams: 'h:1', openapi: false }] })
  await fastify.ready()
  const [, aware, plain] = fastify.printPlugins().split(/[├└]─[─┬] location /)
  t.notMatch(aware, /gateway-rewrite/)
  t.match(plain, /gateway-rewrite-headers/)
  t.notMatch(plain, /gateway-rewrite-openapi/)
})

t.test('the host\'s scope gets one name', async t => {
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  await fastify.after()
  const before = new Set(Reflect.ownKeys(fastify))
  await fastify.register(gateway, three)
  t.strictSame(Reflect.ownKeys(fastify).filter(name => !before.has(name)), ['gateway'])
})

t.test('names of the host\'s collide with none of the gateway\'s', async t => {
  const fastify = await startHost(t, { apps: [{ name: 'app', upstreams: await startEcho(t) }] }, {
    behind (fastify) {
      for (const name of ['isDraining', 'draining', 'trackConnection', 'retire', 'shutdown', 'propfind', 'search']) fastify.decorate(name, 1)
      fastify.decorateRequest('exchange', null).decorateRequest('gatewayId', '').decorateReply('from', function () { return this })
    },
  })
  t.equal((await fastify.inject('/app/')).statusCode, 200)
})

t.test('every method runs in the hooks of its scope', async t => {
  const seen: string[] = []
  const fastify = await startHost(t, { trace: true, apps: [{ name: 'app', upstreams: await startEcho(t) }] }, {
    before: fastify => fastify.addHook('onRegister', (scope, options) => {
      if ('dispatcher' in options) scope.addHook('onRequest', async (request: FastifyRequest) => { seen.push(request.method) })
    }),
  })
  await fastify.ready()
  const methods = ['GET', 'HEAD', 'POST', 'PROPFIND', 'SEARCH', 'M-SEARCH', 'PURGE', 'TRACE']
  for (const method of methods) await fastify.inject({ method: method as 'GET', url: '/app/x' })
  t.strictSame(seen, methods)
})

t.test('a hook of a scope above that replies before the request is forwarded is not disturbed', async t => {
  const fastify = await startHost(t, { apps: [{ name: 'app', upstreams: await startEcho(t) }] }, {
    before: fastify => fastify.addHook('onRequest', async (_request, reply) => reply.code(204).header('location', '/x').send()),
  })
  const { statusCode, headers } = await fastify.inject('/app/openapi.json')
  t.strictSame([statusCode, headers.location], [204, '/x'])
})
