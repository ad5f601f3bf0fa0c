import replyFrom from '@fastify/reply-from'
import t from 'tap'
import { startEcho, startHost } from '../helpers/host-server.ts'

t.test('requests and replies of all locations have one class, as those of scopes without decorators', async t => {
  const upstream = await startEcho(t)
  const classes = new Set<unknown>()
  const fastify = await startHost(t, { apps: [{ name: 'a', upstreams: upstream }, { name: 'b', upstreams: upstream }] }, {
    before: fastify => fastify.addHook('onRequest', async (request, reply) => { classes.add(Object.getPrototypeOf(request)).add(Object.getPrototypeOf(reply)) }),
  })
  for (const url of ['/a/', '/b/']) t.equal((await fastify.inject(url)).statusCode, 200)
  t.equal(classes.size, 2)
})

t.test('a reply-from at the root serves the host\'s own routes', async t => {
  const upstream = await startEcho(t)
  const fastify = await startHost(t, { apps: [{ name: 'app', upstreams: upstream }] }, {
    async before (fastify) {
      await fastify.register(replyFrom, { base: upstream })
      fastify.get('/own', (_request, reply) => { reply.from('/') })
    },
  })
  for (const url of ['/own', '/app/']) t.equal((await fastify.inject(url)).statusCode, 200, url)
})
