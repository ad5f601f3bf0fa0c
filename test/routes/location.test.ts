import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import compress from '@fastify/compress'
import etag from '@fastify/etag'
import replyFrom from '@fastify/reply-from'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import gateway, { type GatewayPluginOptions } from '../../index.ts'
import { resolveConfiguration } from '../../lib/configuration/resolve.ts'
import standalone from '../../plugins/standalone.ts'
import { connectRaw } from '../helpers/raw-client.ts'
import { portOf } from '../helpers/servers.ts'
import { startRawUpstream, startUpstream } from '../helpers/upstreams.ts'

/** A host server with a gateway in it; `before` and `behind` register the host's own parts. */
async function startHost (
  t: Test,
  options: GatewayPluginOptions,
  {
    before,
    behind,
  }: { before?: (fastify: FastifyInstance) => unknown; behind?: (fastify: FastifyInstance) => unknown } = {}
) {
  const fastify = Fastify({ return503OnClosing: false })
  t.teardown(() => fastify.close())
  await before?.(fastify)
  await fastify.register(gateway, options)
  await behind?.(fastify)
  return fastify
}

async function listen (fastify: FastifyInstance): Promise<number> {
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  return portOf(fastify.server)
}

/** What an app gets of a request's headers, as it came. */
function startEcho (t: Test): Promise<string> {
  return startUpstream(t, (request, response) => response.setHeader('content-type', 'application/json').end(JSON.stringify(request.rawHeaders)))
}

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

t.test('requests and replies of all locations have one class, as those of scopes without decorators', async t => {
  const upstream = await startEcho(t)
  const classes = new Set<unknown>()
  const fastify = await startHost(t, { apps: [{ name: 'a', upstreams: upstream }, { name: 'b', upstreams: upstream }] }, {
    before: fastify => fastify.addHook('onRequest', async (request, reply) => { classes.add(Object.getPrototypeOf(request)).add(Object.getPrototypeOf(reply)) }),
  })
  for (const url of ['/a/', '/b/']) t.equal((await fastify.inject(url)).statusCode, 200)
  t.equal(classes.size, 2)
})

// What hooks do to the request

const spoofed = { 'X-User-Id': 'admin', 'X-Internal': '1' }
t.test('the app receives what a hook has set, and nothing that it has deleted', async t => {
  const fastify = await startHost(t, { apps: [{ name: 'app', upstreams: await startEcho(t) }] }, {
    before: fastify => fastify.addHook('onRequest', async ({ headers }) => {
      delete headers['x-internal']
      headers['x-user-id'] = 'alice'
      headers['x-forwarded-for'] = '192.0.2.9'
      headers['x-remote_user'] = 'alice'
      headers.host = 'inner.example'
      headers['content-length'] = '99'
      headers.connection = 'x-user-id'
    }),
  })
  const port = await listen(fastify)
  const client = await connectRaw(t, port)
  const lines = Object.entries({ ...spoofed, 'X-A': '1', 'x-a': '2' }).map(([name, value]) => `${name}: ${value}\r\n`).join('')
  client.write(`GET /app/ HTTP/1.1\r\nHost: a\r\n${lines}Connection: close\r\n\r\n`)
  const text = await client.closed()
  const raw = JSON.parse(text.slice(text.indexOf('['), text.lastIndexOf(']') + 1)) as string[]
  const valuesOf = (name: string) => raw.filter((_, index) => index % 2 === 1 && raw[index - 1]!.toLowerCase() === name)
  t.strictSame(valuesOf('x-user-id'), ['alice'])
  t.strictSame(valuesOf('x-internal'), [])
  t.strictSame(valuesOf('x-forwarded-for'), ['192.0.2.9'], 'instead of the gateway\'s own')
  t.strictSame(valuesOf('x-remote_user'), ['alice'], 'what a hook says is no spoof')
  t.strictSame(valuesOf('host'), ['inner.example'])
  t.strictSame(valuesOf('content-length'), [])
  t.strictSame(raw.filter(each => each === 'X-A' || each === 'x-a'), ['X-A', 'x-a'], 'repeated fields stay as they came')
})

t.test('a hook that deletes a client\'s claim does not delete what the gateway says', async t => {
  const fastify = await startHost(t, { apps: [{ name: 'app', upstreams: await startEcho(t) }] }, {
    before: fastify => fastify.addHook('preHandler', async ({ headers }) => { for (const name of ['x-forwarded-for', 'x-request-id']) delete headers[name] }),
  })
  const raw = (await fastify.inject({ url: '/app/', headers: { 'x-forwarded-for': '192.0.2.1', 'x-request-id': 'mine' } })).json<string[]>()
  t.equal(raw[raw.indexOf('X-Forwarded-For') + 1], '127.0.0.1')
  t.equal(raw[raw.indexOf('X-Request-Id') + 1], 'mine')
})

t.test('hooks see the Content-Type that came, and the app receives it, also one that Fastify would refuse', async t => {
  const seen: unknown[] = []
  const fastify = await startHost(t, { apps: [{ name: 'app', upstreams: await startEcho(t) }] }, {
    before: fastify => fastify.addHook('preHandler', async ({ headers }) => { seen.push(headers['content-type']) }),
  })
  for (const [method, type] of [['POST', 'nonsense'], ['PUT', 'a b/c'], ['QUERY', undefined]] as const) {
    const raw = (await fastify.inject({ method: method as 'POST', url: '/app/', payload: 'x', headers: { ...(type !== undefined && { 'content-type': type }) } })).json<string[]>()
    t.equal(seen.pop(), type, method)
    t.equal(raw[raw.findIndex(name => name.toLowerCase() === 'content-type') + 1], type ?? raw[0], method)
  }
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

// What hooks do to the reply

function startSetter (t: Test, cookies: string | string[]): Promise<string> {
  return startUpstream(t, (_request, response) => response.writeHead(200, { 'set-cookie': cookies, 'content-type': 'text/plain', 'content-length': 2 }).end('ok'))
}

t.test('cookies that hooks of the host set are not the app\'s', async t => {
  const fastify = await startHost(t, { apps: [{ name: 'app', upstreams: await startSetter(t, ['a=1; Path=/x', 'b=2; Path=/y']) }] }, {
    before: fastify => fastify
      .addHook('onRequest', async (_request, reply) => { reply.header('set-cookie', 'host=1; Path=/x') })
      .addHook('onSend', async (_request, reply) => { reply.header('set-cookie', 'late=1; Path=/x') }),
  })
  t.strictSame((await fastify.inject('/app/')).headers['set-cookie'], ['host=1; Path=/x', 'a=1; Path=/app/x', 'b=2; Path=/app/y', 'late=1; Path=/x'])
})

t.test('one cookie stays one', async t => {
  const fastify = await startHost(t, { apps: [{ name: 'app', upstreams: await startSetter(t, 'a=1; Path=/x') }] })
  t.equal((await fastify.inject('/app/')).headers['set-cookie'], 'a=1; Path=/app/x')
})

t.test('headers and cookies that a hook has replaced stay as it has set them', async t => {
  const upstream = await startUpstream(t, (_request, response) => response.writeHead(302, { location: '/login', 'set-cookie': 'a=1; Path=/x' }).end())
  const fastify = await startHost(t, { apps: [{ name: 'app', upstreams: upstream }] }, {
    before: fastify => fastify.addHook('onSend', async (_request, reply) => { reply.header('location', '/mine').removeHeader('set-cookie').header('set-cookie', 'b=2; Path=/z') }),
  })
  const { headers } = await fastify.inject('/app/')
  t.strictSame([headers.location, headers['set-cookie']], ['/mine', 'b=2; Path=/z'])
})

t.test('a hook that replaces a body gets no rewriting of it', async t => {
  const upstream = await startUpstream(t, (_request, response) => response.setHeader('content-type', 'application/json').end('{"openapi":"3.0.0","paths":{"/a":{}}}'))
  const fastify = await startHost(t, { apps: [{ name: 'app', upstreams: upstream }] }, {
    before: fastify => fastify.addHook('onSend', async () => '{"openapi":"3.0.0","paths":{"/b":{}}}'),
  })
  t.strictSame((await fastify.inject('/app/openapi.json')).json().paths, { '/b': {} })
})

t.test('a hook of a scope above that replies before the request is forwarded is not disturbed', async t => {
  const fastify = await startHost(t, { apps: [{ name: 'app', upstreams: await startEcho(t) }] }, {
    before: fastify => fastify.addHook('onRequest', async (_request, reply) => reply.code(204).header('location', '/x').send()),
  })
  const { statusCode, headers } = await fastify.inject('/app/openapi.json')
  t.strictSame([statusCode, headers.location], [204, '/x'])
})

// Plugins of the Fastify world

const document = JSON.stringify({ openapi: '3.0.0', info: { title: 'a', version: '1' }, paths: { '/pets': { get: { summary: 'x'.repeat(2000) } } } })

function startDocumented (t: Test): Promise<string> {
  return startUpstream(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(document) }).end(document)
  })
}

for (const where of ['before', 'behind'] as const) {
  t.test(`@fastify/compress, registered ${where} the gateway, compresses rewritten documents and leaves errors readable`, async t => {
    const fastify = await startHost(t, { apps: [{ name: 'app', upstreams: await startDocumented(t) }, { name: 'down', upstreams: '127.0.0.1:1' }] }, {
      [where]: (fastify: FastifyInstance) => fastify.register(compress, { threshold: 0 }),
    })
    const response = await fastify.inject({ url: '/app/openapi.json', headers: { 'accept-encoding': 'gzip' } })
    const isCompressed = response.headers['content-encoding'] === 'gzip'
    t.equal(isCompressed, where === 'before', 'routes that are there before it are not its own')
    const text = isCompressed ? gunzipSync(response.rawPayload).toString() : response.payload
    t.strictSame(Object.keys(JSON.parse(text).paths), ['/app/pets'])

    const down = await fastify.inject({ url: '/down/', headers: { 'accept-encoding': 'gzip' } })
    const error = down.headers['content-encoding'] === 'gzip' ? gunzipSync(down.rawPayload).toString() : down.payload
    t.equal(JSON.parse(error).code, 'GW_ERR_UPSTREAM_UNREACHABLE')
  })
}

t.test('@fastify/etag at the root gives way to the version of a rewritten document', async t => {
  const fastify = await startHost(t, { apps: [{ name: 'app', upstreams: await startDocumented(t) }] }, { before: fastify => fastify.register(etag) })
  const { headers, payload } = await fastify.inject('/app/openapi.json')
  t.strictSame([Object.keys(JSON.parse(payload).paths), headers['content-length']], [['/app/pets'], String(payload.length)])
  const again = await fastify.inject({ url: '/app/openapi.json', headers: { 'if-none-match': String(headers.etag) } })
  t.strictSame([again.statusCode, again.payload], [304, ''])
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

t.test('an error keeps no coding of the response that it replaces', async t => {
  const upstream = await startRawUpstream(t, socket => socket.once('data', () => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\nContent-Length: 100\r\nX-App: 1\r\n\r\n')
    setTimeout(() => socket.destroy(), 20)
  }))
  const fastify = await startHost(t, { apps: [{ name: 'app', upstreams: upstream }] }, {
    // Meanwhile the body breaks off, of which a part may have been packed already.
    before: fastify => fastify.addHook('onSend', async (_request, reply) => {
      if (reply.statusCode === 200) reply.header('content-encoding', 'gzip')
      await delay(100)
    }),
  })
  const { headers, payload } = await fastify.inject('/app/')
  t.match(payload, 'GW_ERR_UPSTREAM_UNREACHABLE')
  t.strictSame([headers['content-encoding'], headers['x-app']], [undefined, undefined])
})

t.test('a HEAD of a document has the length and the version of what GET gives', async t => {
  const fastify = await startHost(t, { apps: [{ name: 'app', upstreams: await startDocumented(t) }] })
  const [get, head] = [await fastify.inject('/app/openapi.json'), await fastify.inject({ method: 'HEAD', url: '/app/openapi.json' })]
  t.equal(head.payload, '')
  for (const name of ['content-length', 'etag', 'content-type']) t.equal(head.headers[name], get.headers[name], name)
})

t.test('onSend hooks see the head of an event stream, which leaves at once', async t => {
  const upstream = await startUpstream(t, (_request, response) => { response.writeHead(200, { 'content-type': 'text/event-stream', 'set-cookie': 'a=1; Path=/x' }).flushHeaders() })
  const fastify = await startHost(t, { addCorsHeaders: true, apps: [{ name: 'app', upstreams: upstream }], shutdown: { gracePeriod: 50 } })
  const client = await connectRaw(t, await listen(fastify))
  client.write('GET /app/ HTTP/1.1\r\nHost: a\r\nOrigin: http://localhost\r\n\r\n')
  const head = await client.until(/\r\n\r\n/)
  t.match(head, /\r\naccess-control-allow-origin: http:\/\/localhost\r\n/)
  t.match(head, /\r\nset-cookie: a=1; Path=\/app\/x\r\n/)
  client.socket.destroy()
  await once(client.socket, 'close')
})
