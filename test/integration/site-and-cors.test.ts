import { mkdir, writeFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { listenStandalone } from '../helpers/gateways.ts'
import { type ReceivedResponse, sendRequest } from '../helpers/http1-client.ts'
import { connectRaw } from '../helpers/raw-client.ts'
import { startRawUpstream, startUpstream } from '../helpers/upstreams.ts'
import { soon } from '../helpers/waiting.ts'

const ORIGIN = 'https://shop.example'
const EVIL = 'https://evilshop.example'
const document = JSON.stringify({ openapi: '3.0.0', info: { title: 'Shop', version: '1' }, paths: { '/pets': { get: { responses: {} } } } })

t.test('everything that a site\'s scripts may request can be read by the origins that are allowed', async t => {
  const { port } = await start(t)
  const { headers: { etag } } = await sendRequest(port, '/users/openapi.json')
  const requests: [string, number, { method?: string, headers?: Record<string, string> }?][] = [
    ['/users/1', 200], ['/users/redirect', 302], ['/users/missing', 404], ['/users/openapi.json', 200], ['/users/openapi.json', 200, { method: 'HEAD' }],
    ['/users/openapi.json', 304, { headers: { 'if-none-match': etag! } }],
    ['/users/../x', 400], ['/users/%2e%2e/x', 400], ['/gone/', 502], ['/slow/', 504], ['/garbage/', 502],
    ['/', 200], ['/assets/app.js', 200], ['/assets/none.js', 404], ['/assets/%2e%2e/%2e%2e/package.json', 400], ['/nothing', 404, { method: 'POST' }],
    ['/somewhere', 200, { headers: { accept: 'text/html' } }],
    ['/users/plain-options', 200, { method: 'OPTIONS' }], ['/users/own-cors', 200],
  ]
  for (const [path, status, { method = 'GET', headers = {} } = {}] of requests) {
    const name = `${method} ${path} ${status}`
    const allowed = await soon(sendRequest(port, path, { method, headers: { ...headers, origin: ORIGIN } }), name)
    t.strictSame([allowed.statusCode, ...corsOf(allowed)], [status, ORIGIN, 'true', true], name)
    const refused = await soon(sendRequest(port, path, { method, headers: { ...headers, origin: EVIL } }), name)
    t.strictSame([refused.statusCode, ...corsOf(refused)], [status, undefined, undefined, true], `${name}, refused`)
  }
})

t.test('the response to a path that the router cannot decode can be read, too', async t => {
  const { port } = await start(t)
  const reply = await sendRequest(port, '/users/%zz', { headers: { origin: ORIGIN } })
  t.strictSame([reply.statusCode, JSON.parse(reply.body.toString()).code, ...corsOf(reply)], [400, 'GW_ERR_BAD_PATH', ORIGIN, 'true', true])
})

t.test('the response to a malformed request can be read, too', async t => {
  const { port } = await start(t)
  const client = await connectRaw(t, port)
  client.write(`GET /users/1 HTTP/1.1\r\nHost: a\r\nHost: b\r\nOrigin: ${ORIGIN}\r\n\r\n`)
  const response = await soon(client.closed(), 'two hosts')
  t.match(response, /^HTTP\/1\.1 400 /)
  t.match(response, new RegExp(`access-control-allow-origin: ${ORIGIN}`, 'i'))
})

t.test('an event stream has its CORS headers in its head, before there is an event', async t => {
  const { port } = await start(t)
  const client = await connectRaw(t, port)
  client.write(`GET /users/events HTTP/1.1\r\nHost: a\r\nOrigin: ${ORIGIN}\r\n\r\n`)
  const head = await soon(client.until(/\r\n\r\n/), 'its head')
  t.match(head, new RegExp(`access-control-allow-origin: ${ORIGIN}`, 'i'))
  t.match(head, /vary: Origin/i)
  t.match(head, /cache-control: no-cache/i)
  t.match(head, /x-accel-buffering: no/i)
  t.match(await soon(client.until(/data: one\n\n/), 'its event'), /data: one/)
})

t.test('a preflight stops at the gateway, any other OPTIONS goes to its app', async t => {
  const { port, seen } = await start(t)
  const preflight = { 'access-control-request-method': 'PUT', 'access-control-request-headers': 'x-a' }
  for (const [path, origin] of [['/users/1', ORIGIN], ['/users/1', EVIL], ['/gone/', ORIGIN], ['/', ORIGIN], ['/assets/app.js', ORIGIN], ['/nowhere', ORIGIN]] as const) {
    const reply = await sendRequest(port, path, { method: 'OPTIONS', headers: { ...preflight, origin } })
    t.strictSame([reply.statusCode, reply.headers['access-control-allow-origin']], [204, origin === ORIGIN ? ORIGIN : undefined], `${path} from ${origin}`)
  }
  t.strictSame(seen, [])
  for (const headers of [{}, { origin: ORIGIN }, preflight]) {
    const reply = await sendRequest(port, '/users/plain-options', { method: 'OPTIONS', headers })
    t.strictSame([reply.statusCode, reply.headers.allow], [200, 'GET, OPTIONS'])
  }
  t.strictSame(seen, Array(3).fill('OPTIONS /plain-options'))
  t.equal((await sendRequest(port, '/assets/app.js', { method: 'OPTIONS' })).statusCode, 404)
})

t.test('what is rewritten still is, beside the site', async t => {
  const { port } = await start(t)
  const headers = { origin: ORIGIN, accept: 'text/html' }
  const served = await sendRequest(port, '/users/openapi.json', { headers })
  t.strictSame(Object.keys(JSON.parse(served.body.toString()).paths), ['/users/pets'])
  t.strictSame([served.headers['content-length'], served.headers.vary], [String(served.body.length), 'Accept, Origin'])
  const moved = await sendRequest(port, '/users/redirect', { headers })
  t.match(moved.headers, { location: '/users/there', 'set-cookie': ['a=1; Path=/users/x'] })
})

t.test('an app\'s errors and the gateway\'s never become the site\'s page, the site\'s own document is not rewritten', async t => {
  const { port } = await start(t)
  const headers = { accept: 'text/html', 'sec-fetch-mode': 'navigate' }
  for (const [path, status] of [['/users/missing', 404], ['/users', 200], ['/gone/x', 502], ['/users/%2e%2e/x', 400]] as const) {
    const { statusCode, body } = await sendRequest(port, path, { headers })
    t.equal(statusCode, status, path)
    t.notMatch(body.toString(), '<title>site</title>', path)
  }
  t.match((await sendRequest(port, '/usersX', { headers })).body.toString(), '<title>site</title>')
  t.equal((await sendRequest(port, '/openapi.json')).body.toString(), document)
})

t.test('any origin may read, without credentials, where all are allowed', async t => {
  const { port } = await start(t, ['*'])
  for (const path of ['/users/1', '/gone/', '/', '/nothing.js', '/users/openapi.json']) {
    const { headers } = await sendRequest(port, path, { headers: { origin: EVIL } })
    t.strictSame([headers['access-control-allow-origin'], headers['access-control-allow-credentials']], ['*', undefined], path)
  }
})

/** Origin, credentials, and whether it varies by origin. */
function corsOf ({ headers }: ReceivedResponse): unknown[] {
  return [headers['access-control-allow-origin'], headers['access-control-allow-credentials'], /\borigin\b/i.test(String(headers.vary))]
}

/** A standalone gateway: a site, an app at `/users`, and some that do not respond. */
async function start (t: Test, allowedHosts = ['shop.example']) {
  const seen: string[] = []
  const users = await startUpstream(t, (request, response) => {
    seen.push(`${request.method} ${request.url}`)
    respond(request, response)
  })
  const gone = await startRawUpstream(t, socket => socket.destroy())
  const slow = await startRawUpstream(t, socket => socket.resume())
  const garbage = await startRawUpstream(t, socket => socket.end('no HTTP\r\n\r\n'))
  const { port } = await listenStandalone(t, {
    addCorsHeaders: true,
    allowedHosts,
    static: { root: await makeSite(t), spa: true },
    apps: [
      { name: 'users', upstreams: users },
      { name: 'gone', upstreams: gone },
      { name: 'slow', upstreams: slow, timeouts: { headers: 200 } },
      { name: 'garbage', upstreams: garbage },
    ],
  })
  return { port, seen }
}

async function makeSite (t: Test): Promise<string> {
  const root = t.testdir()
  await mkdir(join(root, 'assets'))
  await writeFile(join(root, 'index.html'), '<title>site</title>')
  await writeFile(join(root, 'assets/app.js'), 'run()')
  await writeFile(join(root, 'openapi.json'), document)
  return root
}

const respond: RequestListener = ({ url }, response) => {
  switch (url!) {
    case '/openapi.json': return response.writeHead(200, { 'content-type': 'application/json', vary: 'Accept' }).end(document)
    case '/redirect': return response.writeHead(302, { location: '/there', 'set-cookie': 'a=1; Path=/x' }).end()
    case '/missing': return response.writeHead(404, { 'content-type': 'application/json' }).end('{"detail":"Not Found"}')
    case '/plain-options': return response.writeHead(200, { allow: 'GET, OPTIONS' }).end()
    case '/own-cors': return response.writeHead(200, { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'x-a' }).end()
    case '/events':
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
      setTimeout(() => response.write('data: one\n\n'), 100)
      return
    default: return response.end('user')
  }
}
