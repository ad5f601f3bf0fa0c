import t, { type Test } from 'tap'
import type { GatewayPluginOptions } from '../../index.ts'
import { buildGateway, listenStandalone, startGateway } from '../helpers/gateways.ts'
import { startHost } from '../helpers/host-server.ts'
import { connectHttp2, sendHttp2Request } from '../helpers/http2-client.ts'
import { connectRaw } from '../helpers/raw-client.ts'
import { startRawUpstream, startUpstream } from '../helpers/upstreams.ts'

type App = NonNullable<GatewayPluginOptions['apps']>[number]

async function gatewayFor (
  t: Test,
  headers: Record<string, string | string[]>,
  app: Partial<App> = {},
  statusCode = 302
) {
  const upstream = await startUpstream(t, (request, response) => {
    const filled = Object.entries(headers).map(
      ([name, value]) =>
        [
          name,
          typeof value === 'string' ? value.replaceAll('UPSTREAM', request.socket.localPort!.toString()) : value,
        ] as const
    )
    response.writeHead(statusCode, Object.fromEntries(filled)).end()
  })
  return await buildGateway(t, { trustedProxies: ['10.0.0.1'], apps: [{ name: 'items', upstreams: upstream, ...app }] })
}

const redirects: [string, string, string][] = [
  ['a path', '/login?next=/x#top', '/items/login?next=/x#top'],
  ['a path that is named like the prefix', '/items/', '/items/items/'],
  ['the root', '/', '/items/'],
  ['a URL of the upstream', 'http://127.0.0.1:UPSTREAM/a?b', '/items/a?b'],
  ['the host of the client\'s request', 'http://gateway.test/a', '/items/a'],
  ['another host', 'https://example.com/a', 'https://example.com/a'],
  ['another host without a scheme', '//example.com/a', '//example.com/a'],
  ['a relative reference', 'next?page=2', 'next?page=2'],
]

for (const [name, given, expected] of redirects) {
  t.test(`a redirect stays inside the prefix: ${name}`, async t => {
    const fastify = await gatewayFor(t, { location: given, 'content-location': given, refresh: `5; url=${given}` })
    const { headers } = await fastify.inject({ url: '/items/x', headers: { host: 'gateway.test' } })
    t.strictSame([headers.location, headers['content-location'], headers.refresh], [expected, expected, `5; url=${expected}`])
  })
}

t.test('the Location of what was created is the public one', async t => {
  const fastify = await gatewayFor(t, { location: '/13' }, {}, 201)
  t.equal((await fastify.inject({ method: 'POST', url: '/items/' })).headers.location, '/items/13')
})

t.test('a trusted proxy\'s host and prefix are the public ones', async t => {
  const fastify = await gatewayFor(t, { location: 'https://public.test/a' })
  const locationFor = async (remoteAddress: string) => (await fastify.inject({
    url: '/items/x', remoteAddress, headers: { 'x-forwarded-host': 'public.test', 'x-forwarded-prefix': '/api' },
  })).headers.location
  t.equal(await locationFor('10.0.0.1'), '/api/items/a')
  t.equal(await locationFor('10.0.0.2'), 'https://public.test/a', 'what an untrusted client sends counts for nothing')
})

t.test('cookies get the public path, in their order', async t => {
  const fastify = await gatewayFor(t, { 'set-cookie': ['a=1; Path=/x; HttpOnly', 'b=2; Path=/', '__Host-c=3; Path=/; Secure', 'd=4; Domain=127.0.0.1'] })
  t.strictSame((await fastify.inject('/items/')).headers['set-cookie'], ['a=1; Path=/items/x; HttpOnly', 'b=2; Path=/', '__Host-c=3; Path=/; Secure', 'd=4'])
})

t.test('cookies are isolated or kept as the location says', async t => {
  for (const [cookiePath, expected] of [['isolate', 'a=1; Path=/items'], ['keep', 'a=1; Path=/']] as const) {
    const fastify = await gatewayFor(t, { 'set-cookie': 'a=1; Path=/' }, { cookiePath })
    t.equal((await fastify.inject('/items/')).headers['set-cookie'], expected)
  }
})

t.test('an app that knows its prefix is left alone', async t => {
  const fastify = await gatewayFor(t, { location: '/items/login', 'set-cookie': 'a=1; Path=/items' }, { prefixAware: true })
  const { headers } = await fastify.inject('/items/')
  t.strictSame([headers.location, headers['set-cookie']], ['/items/login', 'a=1; Path=/items'])
})

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

t.test('a body that a hook has put in place of the app\'s leaves the redirect and the cookies the app\'s', async t => {
  const upstream = await startUpstream(t, (_request, response) => response.writeHead(302, { location: '/login', 'set-cookie': 'a=1; Path=/x', 'content-type': 'text/html', 'content-length': 2 }).end('hi'))
  const fastify = await startHost(t, { apps: [{ name: 'app', upstreams: upstream }] }, {
    before: fastify => fastify.addHook('onSend', async () => 'minified'),
  })
  const { headers, body } = await fastify.inject('/app/')
  t.strictSame([headers.location, headers['set-cookie'], body], ['/app/login', 'a=1; Path=/app/x', 'minified'])
})

t.test('HTTP/2: a response without content keeps its redirect and its cookies public', async t => {
  const upstream = await startUpstream(t, (_request, response) => response.writeHead(302, { location: '/login', 'set-cookie': 'a=1; Path=/x', 'content-length': 0 }).end())
  const { origin } = await listenStandalone(t, { apps: [{ name: 'app', upstreams: upstream }] }, { http2: true } as object)
  const { headers } = await sendHttp2Request(await connectHttp2(t, origin), '/app/')
  t.strictSame([headers.location, headers['set-cookie']], ['/app/login', ['a=1; Path=/app/x']])
})

t.test('the cookies of a response that switches protocols get the public path', async t => {
  const upstream = await startRawUpstream(t, socket => socket.once('data', () => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSet-Cookie: a=1; Path=/x\r\nX-App: 1\r\n\r\n')
  }))
  const { port } = await startGateway(t, upstream)
  const client = await connectRaw(t, port)
  client.write('GET /app/ HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  const head = await client.until(/\r\n\r\n/)
  t.match(head, /^HTTP\/1\.1 101 [^]*\r\nset-cookie: a=1; Path=\/app\/x\r\n/i)
  t.match(head, /\r\nx-app: 1\r\n/i)
})
