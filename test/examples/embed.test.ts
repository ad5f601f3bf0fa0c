import t, { type Test } from 'tap'
import { build } from '../../examples/embed.ts'

async function buildServer (t: Test) {
  const fastify = await build()
  t.teardown(() => fastify.close())
  return fastify
}

t.test('the routes of the server itself stay its own', async t => {
  const fastify = await buildServer(t)
  t.match((await fastify.inject('/')).json(), { hello: 'from the server itself' })
  t.same((await fastify.inject('/health')).json(), { status: 'ok' })
})

t.test('what belongs to the app goes to it, without the prefix', async t => {
  const fastify = await buildServer(t)
  const { open } = (await fastify.inject('/')).json()
  const response = await fastify.inject({ url: open, headers: { host: 'example.com' } })
  t.equal(response.statusCode, 200)
  t.equal(response.body, 'Hello from example.com, asked for /\n')
})

t.test('what no app owns is the server\'s own 404', async t => {
  const fastify = await buildServer(t)
  const response = await fastify.inject('/elsewhere')
  t.equal(response.statusCode, 404)
  t.match(response.json(), { message: 'Route GET:/elsewhere not found' })
})
