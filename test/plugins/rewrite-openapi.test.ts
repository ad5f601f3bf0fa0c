import t, { type Test } from 'tap'
import type { GatewayPluginOptions } from '../../index.ts'
import { listenGateway } from '../helpers/gateways.ts'
import { startHost } from '../helpers/host-server.ts'
import { connectRaw } from '../helpers/raw-client.ts'
import { startUpstream } from '../helpers/upstreams.ts'

type App = NonNullable<GatewayPluginOptions['apps']>[number]

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

t.test('a hook that replaces a body gets no rewriting of it', async t => {
  const upstream = await startUpstream(t, (_request, response) => response.setHeader('content-type', 'application/json').end('{"openapi":"3.0.0","paths":{"/a":{}}}'))
  const fastify = await startHost(t, { apps: [{ name: 'app', upstreams: upstream }] }, {
    before: fastify => fastify.addHook('onSend', async () => '{"openapi":"3.0.0","paths":{"/b":{}}}'),
  })
  t.strictSame((await fastify.inject('/app/openapi.json')).json().paths, { '/b': {} })
})

t.test('a HEAD of a document has the length and the version of what GET gives', async t => {
  const fastify = await startHost(t, {
    apps: [{
      name: 'app',
      upstreams: await startUpstream(t, (_request, response) => response.writeHead(200, {
        'content-type': 'application/json', 'content-length': document.length,
      }).end(document))
    }]
  })
  const [get, head] = [await fastify.inject('/app/openapi.json'), await fastify.inject({ method: 'HEAD', url: '/app/openapi.json' })]
  t.equal(head.payload, '')
  for (const name of ['content-length', 'etag', 'content-type']) t.equal(head.headers[name], get.headers[name], name)
})

t.test('a document too long to rewrite, with trailers, is answered 304 to who has it, and nothing breaks', async t => {
  const long = document.replace('"a"', JSON.stringify('x'.repeat(5000)))
  const upstream = await startUpstream(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', etag: '"v"', trailer: 'x-sum' })
    response.write(long)
    response.addTrailers({ 'x-sum': '1' })
    response.end()
  })
  const { port } = await listenGateway(t, { apps: [{ name: 'shop', upstreams: upstream }], openapi: { maxBytes: '1KB' } })
  const send = async (line: string) => {
    const client = await connectRaw(t, port)
    client.write(`GET /shop/openapi.json HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n${line}Connection: TE, close\r\n\r\n`)
    return await client.closed()
  }
  t.match(await send('If-None-Match: "v"\r\n'), /^HTTP\/1\.1 304 Not Modified\r\n(?![^]*trailer:)[^]*\r\n\r\n$/i)
  t.match(await send(''), /^HTTP\/1\.1 200 OK\r\n[^]*\r\ntrailer: x-sum\r\n[^]*0\r\nx-sum: 1\r\n\r\n$/i)
})

t.test('a head that cannot be written is an error of that response alone', async t => {
  const fastify = await startHost(t, { apps: [{ name: 'shop', upstreams: await startUpstream(t, (_request, response) => response.setHeader('content-type', 'application/json').end(document)) }] }, {
    before: fastify => fastify.addHook('onSend', async (request, reply) => { if (request.url.endsWith('?bad')) reply.header('x-bad', 'a\nb') }),
  })
  const { statusCode } = await fastify.inject('/shop/openapi.json?bad')
  t.equal(statusCode, 500)
  t.equal((await fastify.inject('/shop/openapi.json')).statusCode, 200)
})
