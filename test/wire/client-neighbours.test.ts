import { Readable } from 'node:stream'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import gateway, { type GatewayPluginOptions } from '../../index.ts'
import { bodyOf, sendRawRequest, valuesOf } from '../helpers/raw-client.ts'
import { portOf } from '../helpers/servers.ts'
import { startRecorder } from '../helpers/upstreams.ts'

// A gateway in a host server: the host's hooks run for what it forwards, and it leaves the rest to the host.

/** A server with routes and hooks of its own, listening. */
async function listenWith (
  t: Test,
  options: GatewayPluginOptions,
  prepare: (fastify: FastifyInstance) => void,
  finish: (fastify: FastifyInstance) => void = () => {}
): Promise<number> {
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  prepare(fastify)
  await fastify.register(gateway, { shutdown: { gracePeriod: 100 }, ...options })
  finish(fastify)
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  return portOf(fastify.server)
}

t.test('the hooks of the surrounding scope run for forwarded requests, in their order', async t => {
  const upstream = await startRecorder(t)
  const ran: string[] = []
  const port = await listenWith(t, { apps: [{ name: 'app', upstreams: upstream.origin }] }, fastify => {
    fastify.addHook('onRequest', async (request, reply) => {
      ran.push(`onRequest ${request.url}`)
      reply.header('x-from-hook', 'onRequest')
    })
    fastify.addHook('preParsing', async () => { ran.push('preParsing') })
    fastify.addHook('preValidation', async () => { ran.push('preValidation') })
    fastify.addHook('preHandler', async () => { ran.push('preHandler') })
    fastify.addHook('onSend', async (_request, reply) => {
      ran.push(`onSend ${reply.statusCode}`)
      reply.header('x-from-send', 'onSend')
    })
    fastify.addHook('onResponse', async (_request, reply) => { ran.push(`onResponse ${reply.statusCode}`) })
  })
  for (const [line, lines, body] of [['GET /app/x', [], ''], ['POST /app/x', ['Content-Length: 2', 'Content-Type: application/json'], '{!']] as const) {
    ran.length = 0
    const response = await sendRawRequest(t, port, line, lines, body)
    t.match(response.startLine, / 200 /)
    t.strictSame([valuesOf(response, 'x-from-hook'), valuesOf(response, 'x-from-send')], [['onRequest'], ['onSend']])
    t.strictSame(ran, ['onRequest /app/x', 'preParsing', 'preValidation', 'preHandler', 'onSend 200', 'onResponse 200'])
  }
})

t.test('a hook of the surrounding scope can respond instead, and nothing is forwarded', async t => {
  const upstream = await startRecorder(t)
  for (const hook of ['onRequest', 'preHandler'] as const) {
    const port = await listenWith(t, { apps: [{ name: 'app', upstreams: upstream.origin }] }, fastify => {
      fastify.addHook(hook, async (_request, reply) => reply.code(401).send({ who: 'are you' }))
    })
    const response = await sendRawRequest(t, port, 'POST /app/x', ['Content-Length: 3'], 'abc')
    t.match([response.startLine, response.body], [/ 401 /, '{"who":"are you"}'], hook)
  }
  t.equal(upstream.bytes(), '')
})

t.test('a hook that takes its time loses nothing of the body', async t => {
  const upstream = await startRecorder(t, (request, response) => request.pipe(response))
  const port = await listenWith(t, { apps: [{ name: 'app', upstreams: upstream.origin }] }, fastify => {
    fastify.addHook('preHandler', (_request, _reply, done) => { setTimeout(done, 20) })
  })
  for (const size of [3, 100_000]) {
    const body = 'x'.repeat(size)
    t.ok(bodyOf(await sendRawRequest(t, port, 'POST /app/', [`Content-Length: ${size}`], body)) === body, `${size} bytes`)
  }
})

t.test('a preParsing hook may change the body, and its length with it', async t => {
  const upstream = await startRecorder(t, (request, response) => request.pipe(response))
  const port = await listenWith(t, { apps: [{ name: 'app', upstreams: upstream.origin }] }, fastify => {
    fastify.addHook('preParsing', async () => Readable.from([Buffer.from('something longer')]))
  })
  const received = await sendRawRequest(t, port, 'POST /app/', ['Content-Length: 3', 'Content-Type: text/plain'], 'abc')
  t.equal(bodyOf(received), 'something longer')
})

t.test('the server\'s own routes win for their paths, whenever they were added', async t => {
  const upstream = await startRecorder(t)
  const own = (name: string) => async () => name
  const port = await listenWith(t, { apps: [{ name: 'app', upstreams: upstream.origin }, { name: 'rest', prefix: '', upstreams: upstream.origin }] },
    fastify => { fastify.get('/app/before', own('before')).get('/health', own('health')) },
    fastify => { fastify.get('/app/after', own('after')).get('/app/users/:id', own('user')) })
  for (const [target, body] of [['/app/before', 'before'], ['/app/after', 'after'], ['/app/users/1', 'user'], ['/health', 'health'], ['/app/other', '/other'], ['/app/users/1/x', '/users/1/x'], ['/other', '/other']] as const) {
    t.equal(bodyOf(await sendRawRequest(t, port, `GET ${target}`)), body, target)
  }
})

t.test('the server\'s own routes keep their parsers, and their 404 is theirs', async t => {
  const upstream = await startRecorder(t)
  const port = await listenWith(t, { apps: [{ name: 'app', upstreams: upstream.origin }] }, fastify => {
    fastify.post('/sum', async ({ body }) => ({ sum: (body as number[]).reduce((a, b) => a + b) }))
    fastify.setNotFoundHandler((_request, reply) => reply.code(404).send('nothing of mine'))
  })
  const sum = (type: string, body: string) => sendRawRequest(t, port, 'POST /sum', [`Content-Type: ${type}`, `Content-Length: ${body.length}`], body)
  t.equal((await sum('application/json', '[1,2]')).body, '{"sum":3}')
  t.match((await sum('application/json', '[1,')).startLine, / 400 /)
  t.match((await sum('foo/bar', '[1]')).startLine, / 415 /)
  t.equal((await sendRawRequest(t, port, 'GET /nowhere')).body, 'nothing of mine')
  t.equal(upstream.bytes(), '')
})

t.test('an error handler of the surrounding scope gets the gateway\'s errors', async t => {
  const port = await listenWith(t, { apps: [{ name: 'app', upstreams: 'http://127.0.0.1:1' }] }, fastify => {
    fastify.setErrorHandler((error: Error & { code: string }, _request, reply) => reply.code(500).send(`mine: ${error.code}`))
  })
  t.equal((await sendRawRequest(t, port, 'GET /app/')).body, 'mine: GW_ERR_UPSTREAM_UNREACHABLE')
  t.equal((await sendRawRequest(t, port, 'GET /app/%2e%2e')).body, 'mine: GW_ERR_BAD_PATH')
})

t.test('a rewriteUrl of the server\'s decides what is forwarded', async t => {
  const upstream = await startRecorder(t)
  const fastify = Fastify({ rewriteUrl: ({ url }) => url!.replace('/old/', '/app/') })
  t.teardown(() => fastify.close())
  await fastify.register(gateway, { apps: [{ name: 'app', upstreams: upstream.origin }] })
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  t.equal(bodyOf(await sendRawRequest(t, portOf(fastify.server), 'GET /old/x%2Fy?q')), '/x%2Fy?q')
})

t.test('two gateways in one server share nothing but it', async t => {
  const [one, two] = [await startRecorder(t), await startRecorder(t)]
  const port = await listenWith(t, { apps: [{ name: 'one', upstreams: one.origin }] }, fastify => {
    fastify.register(async scope => { await scope.register(gateway, { apps: [{ name: 'two', upstreams: two.origin }] }) })
  })
  t.equal(bodyOf(await sendRawRequest(t, port, 'GET /one/1')), '/1')
  t.equal(bodyOf(await sendRawRequest(t, port, 'GET /two/2')), '/2')
  t.match([one.bytes(), two.bytes()], [/^GET \/1 /, /^GET \/2 /])
})
