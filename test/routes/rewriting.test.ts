import t, { type Test } from 'tap'
import type { GatewayPluginOptions } from '../../index.ts'
import { buildGateway, listenGateway } from '../helpers/gateways.ts'
import { connectRaw } from '../helpers/raw-client.ts'
import { startUpstream } from '../helpers/upstreams.ts'

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

const document = JSON.stringify({ openapi: '3.0.0', info: { title: 'a', version: '1' }, paths: { '/pets': { get: { responses: {} } } } })

/** An app with a document at `/openapi.json` and at `/elsewhere`; it records its requests, and their headers. */
async function documented (t: Test, app: Partial<App> = {}, body = document, type = 'application/json') {
  const requests: string[][] = []
  const upstream = await startUpstream(t, (request, response) => {
    requests.push([request.method!, ...['accept-encoding', 'if-none-match', 'range'].map(name => String(request.headers[name]))])
    response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body), etag: '"app"', 'last-modified': 'yesterday', 'accept-ranges': 'bytes' })
    response.end(request.method === 'HEAD' ? undefined : body)
  })
  const { origin, port } = await listenGateway(t, { apps: [{ name: 'shop', upstreams: upstream, ...app }] })
  return { origin, port, requests }
}

t.test('a document gets public paths, with length and ETag of what is sent', async t => {
  const { origin, requests } = await documented(t)
  const response = await fetch(`${origin}/shop/openapi.json`, { headers: { 'if-none-match': '"app"', range: 'bytes=0-3' } })
  const text = await response.text()
  t.equal(response.status, 200)
  t.strictSame(Object.keys(JSON.parse(text).paths), ['/shop/pets'])
  t.equal(response.headers.get('content-length'), String(text.length))
  t.match(response.headers.get('etag'), /^"[\w-]{43}"$/)
  t.strictSame([response.headers.get('last-modified'), response.headers.get('accept-ranges')], [null, null])
  t.strictSame(requests, [['GET', 'identity', 'undefined', 'undefined']])

  const head = await fetch(`${origin}/shop/openapi.json`, { method: 'HEAD' })
  for (const name of ['etag', 'content-length', 'content-type']) t.equal(head.headers.get(name), response.headers.get(name), name)
  const again = await fetch(`${origin}/shop/openapi.json`, { headers: { 'if-none-match': `W/${response.headers.get('etag')}` } })
  t.strictSame([again.status, await again.text()], [304, ''])
})

t.test('a document is recognised by its content elsewhere', async t => {
  const { origin } = await documented(t)
  t.strictSame(Object.keys((await (await fetch(`${origin}/shop/elsewhere`)).json() as { paths: object }).paths), ['/shop/pets'])
})

t.test('other JSON passes as it came, with its own ETag', async t => {
  const { origin } = await documented(t, {}, '{"a": 1}')
  for (const path of ['openapi.json', 'elsewhere']) {
    const response = await fetch(`${origin}/shop/${path}`)
    t.strictSame([await response.text(), response.headers.get('etag'), response.headers.get('last-modified')], ['{"a": 1}', '"app"', 'yesterday'], path)
  }
})

const untouched: [string, Partial<App>, string?, string?][] = [
  ['when it is off', { openapi: false }],
  ['when the app knows its prefix', { prefixAware: true }],
  ['above the limit', { openapi: { maxBytes: 10 } }],
  ['when it is not valid', {}, '{"openapi": "3.0.0", "paths": {'],
  ['in another charset', {}, document, 'application/json; charset=latin1'],
]

for (const [name, app, body = document, type = 'application/json'] of untouched) {
  t.test(`a document passes byte for byte ${name}`, async t => {
    const { origin } = await documented(t, app, body, type)
    const response = await fetch(`${origin}/shop/openapi.json`)
    t.strictSame([await response.text(), response.headers.get('etag')], [body, '"app"'])
  })
}

t.test('a document above the limit passes although it does not say how long it is', async t => {
  const long = document.slice(0, -1) + `, "x-long": "${'x'.repeat(300_000)}"}`
  const upstream = await startUpstream(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.write(long.slice(0, 1000))
    setImmediate(() => response.end(long.slice(1000)))
  })
  const { origin } = await listenGateway(t, { apps: [{ name: 'shop', upstreams: upstream, openapi: { maxBytes: '100KB' } }] })
  t.equal(await (await fetch(`${origin}/shop/openapi.json`)).text(), long)
})

t.test('a document that breaks off is an honest error', async t => {
  const upstream = await startUpstream(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000, 'x-app': '1' })
    response.write(document)
    setImmediate(() => response.socket!.destroy())
  })
  const { origin } = await listenGateway(t, { apps: [{ name: 'shop', upstreams: upstream }] })
  const received = await fetch(`${origin}/shop/openapi.json`)
  t.strictSame([received.status, received.headers.get('x-app'), (await received.json() as { code: string }).code], [502, null, 'GW_ERR_UPSTREAM_UNREACHABLE'])
})

t.test('a HEAD of a page that is none ends, without its body', async t => {
  const { port } = await documented(t, {}, 'x'.repeat(300_000), 'text/plain')
  const client = await connectRaw(t, port)
  client.write('HEAD /shop/docs HTTP/1.1\r\nHost: a\r\n\r\n')
  await client.until(/\r\n\r\n/)
  client.write('GET /shop/1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  t.match(
    await client.closed(),
    /^HTTP\/1\.1 200 OK\r\n[^]*?content-length: 300000[^]*?\r\n\r\nHTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nx{300000}$/
  )
})
