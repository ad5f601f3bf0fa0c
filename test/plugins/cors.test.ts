import { once } from 'node:events'
import type { IncomingHttpHeaders, RequestListener } from 'node:http'
import cors from '@fastify/cors'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import gateway, { type GatewayPluginOptions } from '../../index.ts'
import { buildGateway, listenStandalone } from '../helpers/gateways.ts'
import { connectRaw } from '../helpers/raw-client.ts'
import { startRawUpstream, startUpstream } from '../helpers/upstreams.ts'

const ORIGIN = 'https://shop.example'
const EVIL = 'https://shop.example.evil.net'
const preflightHeaders = { 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'authorization, x-app' }

/** A gateway in a host server with one app, `users`, which is to see `seen` and no more. */
async function start (
  t: Test,
  listener: RequestListener,
  options: GatewayPluginOptions = {}
): Promise<{ fastify: FastifyInstance; seen: string[] }> {
  const seen: string[] = []
  const users = await startUpstream(t, (request, response) => {
    seen.push(`${request.method} ${request.url}`)
    listener(request, response)
  })
  const fastify = await buildGateway(t, {
    addCorsHeaders: true,
    allowedHosts: ['shop.example'],
    apps: [{ name: 'users', upstreams: users }],
    ...options,
  })
  return { fastify, seen }
}

/** The CORS headers of a response, and what it varies by. */
function corsOf (headers: NodeJS.Dict<unknown>): object {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control-') || name === 'vary'))
}

const allowed = { 'access-control-allow-origin': ORIGIN, 'access-control-allow-credentials': 'true', vary: 'Origin' }

t.test('an allowed origin may read a response, with credentials', async t => {
  const { fastify } = await start(t, (_request, response) => response.end('app'))
  const response = await fastify.inject({ url: '/users/1', headers: { origin: ORIGIN } })
  t.equal(response.body, 'app')
  t.same(corsOf(response.headers), allowed)
})

const refused: Record<string, IncomingHttpHeaders> = {
  'another origin': { origin: EVIL },
  'an origin that ends in the host': { origin: 'https://evilshop.example' },
  'a page without an origin': { origin: 'null' },
  'no Origin at all': {},
}
for (const [name, headers] of Object.entries(refused)) {
  t.test(`${name} is answered without a permission`, async t => {
    const { fastify } = await start(t, (_request, response) => response.end('app'))
    const response = await fastify.inject({ url: '/users/1', headers })
    t.equal(response.body, 'app')
    t.same(corsOf(response.headers), { vary: 'Origin' })
  })
}

t.test('by default this machine is allowed, on every port, and no other', async t => {
  const { fastify } = await start(t, (_request, response) => response.end(), { allowedHosts: undefined })
  for (const [origin, expected] of [['http://localhost:5173', true], ['http://127.0.0.1:3000', true], [ORIGIN, false]] as const) {
    const { headers } = await fastify.inject({ url: '/users/1', headers: { origin } })
    t.equal(headers['access-control-allow-origin'], expected ? origin : undefined, origin)
  }
})

t.test('unless it is configured to, the gateway leaves CORS to the app', async t => {
  const { fastify, seen } = await start(t, (_request, response) => response.setHeader('Access-Control-Allow-Origin', 'app').end(), { addCorsHeaders: false })
  const response = await fastify.inject({ method: 'OPTIONS', url: '/users/1', headers: { origin: ORIGIN, ...preflightHeaders } })
  t.same(corsOf(response.headers), { 'access-control-allow-origin': 'app' })
  t.same(seen, ['OPTIONS /1'])
})

t.test('a star allows every origin, and never credentials', async t => {
  const { fastify } = await start(t, (_request, response) => response.end(), { allowedHosts: ['*'] })
  for (const headers of [{ origin: ORIGIN }, { origin: EVIL }, {}]) {
    const response = await fastify.inject({ url: '/users/1', headers })
    t.same(corsOf(response.headers), { 'access-control-allow-origin': '*' })
  }
})

t.test('a preflight is answered with the requested method and headers, and never reaches the app', async t => {
  const { fastify, seen } = await start(t, (_request, response) => response.end())
  const response = await fastify.inject({ method: 'OPTIONS', url: '/users/1', headers: { origin: ORIGIN, ...preflightHeaders } })
  t.equal(response.statusCode, 204)
  t.equal(response.headers['content-length'], '0')
  t.same(corsOf(response.headers), {
    ...allowed,
    'access-control-allow-methods': 'PATCH',
    'access-control-allow-headers': 'authorization, x-app',
    'access-control-max-age': '600',
    vary: 'Access-Control-Request-Method, Access-Control-Request-Headers, Origin',
  })
  t.same(seen, [])
})

t.test('a preflight that requests no headers gets none', async t => {
  const { fastify } = await start(t, (_request, response) => response.end())
  const { headers } = await fastify.inject({ method: 'OPTIONS', url: '/users/1', headers: { origin: ORIGIN, 'access-control-request-method': 'DELETE' } })
  t.equal(headers['access-control-allow-methods'], 'DELETE')
  t.equal(headers['access-control-allow-headers'], undefined)
})

t.test('a preflight of a refused origin gets no permission, and does not reach the app either', async t => {
  const { fastify, seen } = await start(t, (_request, response) => response.end())
  for (const origin of [EVIL, 'null']) {
    const response = await fastify.inject({ method: 'OPTIONS', url: '/users/1', headers: { origin, ...preflightHeaders } })
    t.equal(response.statusCode, 204)
    t.same(corsOf(response.headers), { vary: 'Access-Control-Request-Method, Access-Control-Request-Headers, Origin' })
  }
  t.same(seen, [])
})

t.test('a preflight under a star is answered without credentials', async t => {
  const { fastify } = await start(t, (_request, response) => response.end(), { allowedHosts: ['*'] })
  const { headers } = await fastify.inject({ method: 'OPTIONS', url: '/users/1', headers: { origin: EVIL, ...preflightHeaders } })
  t.match(headers, { 'access-control-allow-origin': '*', 'access-control-allow-methods': 'PATCH' })
  t.equal(headers['access-control-allow-credentials'], undefined)
})

t.test('an OPTIONS that is no preflight is the app\'s', async t => {
  const { fastify, seen } = await start(t, (_request, response) => response.setHeader('Allow', 'GET').end('options'))
  for (const headers of [{}, { origin: ORIGIN }, { 'access-control-request-method': 'PUT' }] as IncomingHttpHeaders[]) {
    const response = await fastify.inject({ method: 'OPTIONS', url: '/users/1', headers })
    t.equal(response.body, 'options')
    t.equal(response.headers.allow, 'GET')
    t.equal(response.headers['access-control-allow-origin'], headers.origin)
    t.equal(response.headers['access-control-allow-methods'], undefined)
  }
  t.same(seen, ['OPTIONS /1', 'OPTIONS /1', 'OPTIONS /1'])
})

t.test('CORS headers of the app are replaced, also for a refused origin', async t => {
  const { fastify } = await start(t, (_request, response) => response.writeHead(200, [
    ['Access-Control-Allow-Origin', '*'], ['Access-Control-Allow-Origin', 'https://other.example'], ['access-control-allow-credentials', 'false'],
    ['ACCESS-CONTROL-ALLOW-METHODS', 'GET'], ['Access-Control-Allow-Headers', 'x'], ['Access-Control-Expose-Headers', 'x'], ['Access-Control-Max-Age', '1'], ['Access-Control-Allow-Private-Network', 'true'],
  ].flat()).end())
  t.same(corsOf((await fastify.inject({ url: '/users/', headers: { origin: ORIGIN } })).headers), allowed)
  t.same(corsOf((await fastify.inject({ url: '/users/', headers: { origin: EVIL } })).headers), { vary: 'Origin' })
})

const variations: Record<string, [given: string | string[], expected: string]> = {
  'another header': ['Accept-Encoding', 'Accept-Encoding, Origin'],
  'several lines': [['Accept-Encoding', 'Cookie'], 'Accept-Encoding, Cookie, Origin'],
  'Origin itself, in its case': ['Cookie, origin', 'Cookie, origin'],
  everything: ['*', '*'],
}
for (const [name, [given, expected]] of Object.entries(variations)) {
  t.test(`the app's own Vary stays, with Origin once: ${name}`, async t => {
    const { fastify } = await start(t, (_request, response) => response.setHeader('Vary', given).end())
    const { headers } = await fastify.inject({ url: '/users/', headers: { origin: ORIGIN } })
    t.equal(String(headers.vary).replaceAll(',', ', ').replaceAll('  ', ' '), expected)
  })
}

t.test('errors of the gateway can be read', async t => {
  const refusing = await startRawUpstream(t, socket => socket.destroy())
  const lying = await startRawUpstream(t, socket => socket.end('nonsense\r\n\r\n'))
  const apps = [
    { name: 'dead', upstreams: refusing },
    { name: 'lying', upstreams: lying },
    { name: 'drained', upstreams: [{ url: refusing, weight: 0 }] },
  ]
  const { fastify } = await start(t, () => {}, { apps })
  const codes: Record<string, string> = {
    '/dead/': 'GW_ERR_UPSTREAM_UNREACHABLE', '/lying/': 'GW_ERR_BAD_UPSTREAM_RESPONSE', '/drained/': 'GW_ERR_NO_UPSTREAM', '/dead/..%2f': 'GW_ERR_BAD_PATH',
  }
  for (const [url, code] of Object.entries(codes)) {
    const response = await fastify.inject({ url, headers: { origin: ORIGIN } })
    t.equal(response.json().code, code)
    t.same(corsOf(response.headers), allowed, url)
  }
})

t.test('an event stream can be read while it goes on', async t => {
  const { fastify } = await start(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'access-control-allow-origin': '*' }).write('data: 1\n\n')
  })
  const origin = await fastify.listen({ port: 0, host: '127.0.0.1' })
  const client = await connectRaw(t, Number(new URL(origin).port))
  client.write(`GET /users/ HTTP/1.1\r\nHost: a\r\nOrigin: ${ORIGIN}\r\n\r\n`)
  const text = await client.until(/data: 1/)
  t.match(text, /\r\naccess-control-allow-origin: https:\/\/shop\.example\r\n/i)
  t.equal(text.match(/access-control-allow-origin/gi)!.length, 1)
  client.socket.destroy()
  await once(client.socket, 'close')
})

t.test('standalone, what no app owns is answered in the same way', async t => {
  const { fastify } = await listenStandalone(t, { addCorsHeaders: true, allowedHosts: ['shop.example'], apps: [{ name: 'users', upstreams: 'h:1' }] })
  const missing = await fastify.inject({ url: '/none', headers: { origin: ORIGIN } })
  t.equal(missing.json().code, 'GW_ERR_NO_ROUTE')
  t.same(corsOf(missing.headers), allowed)
  const preflight = await fastify.inject({ method: 'OPTIONS', url: '/none', headers: { origin: ORIGIN, ...preflightHeaders } })
  t.equal(preflight.statusCode, 204)
  t.equal(preflight.headers['access-control-allow-methods'], 'PATCH')
})

t.test('a malformed request is refused first, even when it looks like a preflight', async t => {
  const { port } = await listenStandalone(t, { addCorsHeaders: true, allowedHosts: ['shop.example'], apps: [{ name: 'users', upstreams: 'h:1' }] })
  const client = await connectRaw(t, port)
  client.write(`OPTIONS /users/ HTTP/1.1\r\nHost: a\r\nHost: b\r\nOrigin: ${ORIGIN}\r\nAccess-Control-Request-Method: PUT\r\n\r\n`)
  t.match(await client.closed(), /^HTTP\/1\.1 400 .*GW_ERR_BAD_REQUEST/s)
})

t.test('a server with @fastify/cors of its own keeps it for its own routes', async t => {
  const upstream = await startUpstream(t, (_request, response) => response.end('app'))
  const server = { origin: 'https://own.example', credentials: false, methods: ['GET'] }
  for (const order of ['before', 'after']) {
    const fastify = Fastify()
    t.teardown(() => fastify.close())
    if (order === 'before') await fastify.register(cors, server)
    await fastify.register(gateway, { addCorsHeaders: true, allowedHosts: ['shop.example'], apps: [{ name: 'users', upstreams: upstream }] })
    if (order === 'after') await fastify.register(cors, server)
    fastify.get('/own', async () => 'own')

    t.same(corsOf((await fastify.inject({ url: '/users/', headers: { origin: ORIGIN } })).headers), allowed, `${order}: the app`)
    t.same(corsOf((await fastify.inject({ url: '/users/', headers: { origin: 'https://own.example' } })).headers), { vary: 'Origin' }, `${order}: the app is not the server's`)
    t.same(corsOf((await fastify.inject({ url: '/own', headers: { origin: ORIGIN } })).headers), { 'access-control-allow-origin': 'https://own.example' }, `${order}: its own route`)
    const preflight = { method: 'OPTIONS', headers: { origin: ORIGIN, ...preflightHeaders } } as const
    t.equal((await fastify.inject({ ...preflight, url: '/users/' })).headers['access-control-allow-methods'], 'PATCH', `${order}: a preflight of the app`)
    t.equal((await fastify.inject({ ...preflight, url: '/own' })).headers['access-control-allow-methods'], 'GET', `${order}: a preflight of its own`)
  }
})

t.test('a server without CORS keeps its own routes as they are', async t => {
  const { fastify } = await start(t, (_request, response) => response.end())
  fastify.get('/own', async () => 'own')
  t.same(corsOf((await fastify.inject({ url: '/own', headers: { origin: ORIGIN } })).headers), {})
  t.equal((await fastify.inject({ method: 'OPTIONS', url: '/own', headers: { origin: ORIGIN, ...preflightHeaders } })).statusCode, 404)
  t.equal((await fastify.inject({ method: 'OPTIONS', url: '/usersX', headers: { origin: ORIGIN, ...preflightHeaders } })).statusCode, 404)
})
