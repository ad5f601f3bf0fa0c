import { once } from 'node:events'
import { createRequire } from 'node:module'
import { gunzipSync, gzipSync } from 'node:zlib'
import express, { type Express, type RequestHandler, type Response } from 'express'
import t, { type Test } from 'tap'
import type { InlineAppOptions } from '../../lib/options/schema.ts'
import { listenGateway } from '../helpers/gateways.ts'
import { sendRequest } from '../helpers/http1-client.ts'
import { portOf } from '../helpers/servers.ts'
import { callOperations, callServedOperations } from './operations.ts'
import { loadAssets, runStartScript } from './page-assets.ts'

/** The part of swagger-ui-express, which brings no types, that is used here. */
interface SwaggerUiExpress {
  serve: RequestHandler[]
  setup (document: object): RequestHandler
}

const ui = createRequire(import.meta.url)('swagger-ui-express') as SwaggerUiExpress

const operation = (operationId: string) => ({ operationId, responses: { 200: { description: 'fine' } } })
const document = {
  openapi: '3.0.3',
  info: { title: 'Shop', version: '1.0.0' },
  paths: {
    '/shop': { get: operation('listShop'), post: operation('addToShop') },
    '/shop/{id}': { get: operation('readShop'), delete: operation('removeFromShop') },
  },
}

for (const mode of ['paths', 'servers'] as const) {
  t.test(`with the prefix in ${mode}, every operation of an Express app responds at the gateway`, async t => {
    const { base } = await start(t, { openapi: { mode } })
    const fetched = await callServedOperations(t, `${base}/openapi.json`)
    t.strictSame(fetched, ['listShop', 'addToShop', 'readShop', 'removeFromShop'])
  })

  t.test(`with the prefix in ${mode}, so does every one that is in the script of swagger-ui-express`, async t => {
    const { base } = await start(t, { openapi: { mode } })
    const page = `${base}/api-docs/`
    const { spec } = await runStartScript(`${page}swagger-ui-init.js`, page)
    const shown = await callOperations(t, spec, page)
    t.equal(shown.length, 4)
  })
}

t.test('the page of swagger-ui-express, and everything that it loads, is found by its redirect', async t => {
  const { base } = await start(t)
  const moved = await fetch(`${base}/api-docs`, { redirect: 'manual' })
  t.strictSame([moved.status, moved.headers.get('location')], [301, '/shop/api-docs/'])
  const assets = await loadAssets(t, `${base}/api-docs/`)
  t.ok(assets.includes(`${base}/api-docs/swagger-ui-init.js`))
})

t.test('its absolute redirects lead to the public address', async t => {
  const { base, port } = await start(t)
  for (const [path, location] of [['/absolute', '/shop/done?x=1#y'], ['/upstream', '/shop/done'], ['/created', '/shop/shop/7'], ['/away', 'https://example.com/shop']] as const) {
    const { status, headers } = await fetch(`${base}${path}`, { redirect: 'manual' })
    t.equal(headers.get('location'), location, `${path} responds with ${status}`)
  }
  const page = await sendRequest(port, '/shop/absolute', { headers: { accept: 'text/html' } })
  t.equal(page.headers.location, '/shop/done?x=1#y')
})

t.test('it redirects back to where the client was', async t => {
  const { base } = await start(t)
  const { headers } = await fetch(`${base}/back`, { redirect: 'manual', headers: { referer: `${base}/cart?x=1` } })
  t.equal(new URL(headers.get('location')!, base).href, `${base}/cart?x=1`)
  const none = await fetch(`${base}/back`, { redirect: 'manual' })
  t.equal(none.headers.get('location'), '/shop/')
})

t.test('its cookies have public paths', async t => {
  const { base, port } = await start(t)
  const cookies = (origin: string) => fetch(origin).then(({ headers }) => headers.getSetCookie())
  t.strictSame(await cookies(`${base}/cookies`), [
    'all=1; Path=/', 'own=a%20b; Path=/shop/cart; HttpOnly; SameSite=Strict', '__Host-id=1; Path=/; Secure', 'here=1; Path=/', 'gone=; Path=/shop/cart; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
  ])
  t.notMatch((await sendRequest(port, '/shop/cookies')).rawHeaders.join('\n'), /Domain/)
  const isolated = await start(t, { cookiePath: 'isolate' })
  t.match(await cookies(`${isolated.base}/cookies`), ['all=1; Path=/shop', /Path=\/shop\/cart/, '__Host-id=1; Path=/; Secure', 'here=1; Path=/shop'])
})

t.test('it compresses what the client accepts compressed, except for documents', async t => {
  const { port, encodings } = await start(t)
  const headers = { 'accept-encoding': 'gzip, br' }
  const compressed = await sendRequest(port, '/shop/compressed', { headers })
  t.equal(compressed.headers['content-encoding'], 'gzip')
  t.match(gunzipSync(compressed.body).toString(), /compressed/)
  const served = await sendRequest(port, '/shop/openapi.json', { headers })
  t.equal(served.headers['content-encoding'], undefined)
  t.strictSame(Object.keys(JSON.parse(served.body.toString()).paths), ['/shop/shop', '/shop/shop/{id}'])
  t.strictSame(encodings, ['gzip, br', 'identity'])
})

t.test('a document that it has again and again is served with one ETag, and 304 the second time', async t => {
  const { port } = await start(t)
  const first = await sendRequest(port, '/shop/openapi.json')
  const second = await sendRequest(port, '/shop/openapi.json', { headers: { 'if-none-match': first.headers.etag } })
  t.strictSame([second.statusCode, second.body.length, second.headers.etag], [304, 0, first.headers.etag])
})

/** A gateway with the app at `/shop`, as its own routes are. */
async function start (t: Test, flags: Partial<InlineAppOptions> = {}) {
  const { upstream, encodings } = await startExpress(t)
  const { origin, port } = await listenGateway(t, { apps: [{ name: 'shop', upstreams: upstream, ...flags }] })
  return { base: `${origin}/shop`, port, encodings }
}

async function startExpress (t: Test) {
  const app = express()
  addOperations(app)
  addRedirects(app)
  addCookies(app)
  const encodings = addCompressed(app)
  app.use('/api-docs', ui.serve, ui.setup(document))
  const server = app.listen(0, '127.0.0.1')
  t.teardown(() => server.close().closeAllConnections())
  await once(server, 'listening')
  return { upstream: `http://127.0.0.1:${portOf(server)}`, encodings }
}

function addOperations (app: Express): void {
  const respond = (id: string): RequestHandler => (_request, response) => { response.set('x-operation', id).json({ id }) }
  app.get('/shop', respond('listShop')).post('/shop', respond('addToShop'))
  app.get('/shop/:id', respond('readShop')).delete('/shop/:id', respond('removeFromShop'))
}

function addRedirects (app: Express): void {
  app.get('/absolute', (request, response) => response.redirect(`${request.protocol}://${request.get('host')}/done?x=1#y`))
  app.get('/upstream', (request, response) => response.redirect(308, `http://127.0.0.1:${request.socket.localPort}/done`))
  app.get('/created', (_request, response) => { response.status(201).location('/shop/7').end() })
  app.get('/away', (_request, response) => response.redirect('https://example.com/shop'))
  // What `redirect('back')` was before Express 5.
  app.get('/back', (request, response) => response.redirect(request.get('referrer') ?? '/'))
}

function addCookies (app: Express): void {
  app.get('/cookies', (_request, response) => {
    response.cookie('all', '1').cookie('own', 'a b', { path: '/cart', httpOnly: true, sameSite: 'strict' })
    response.cookie('__Host-id', '1', { secure: true }).cookie('here', '1', { domain: '127.0.0.1' }).clearCookie('gone', { path: '/cart' })
    response.end()
  })
}

/** Routes that compress their responses as the client accepts them. Returns the `Accept-Encoding` of each request. */
function addCompressed (app: Express): string[] {
  const encodings: string[] = []
  app.get(['/compressed', '/openapi.json'], (request, response) => {
    encodings.push(String(request.get('accept-encoding')))
    sendCompressed(response, request.acceptsEncodings('gzip') !== false, JSON.stringify(request.path === '/compressed' ? { compressed: true } : document))
  })
  return encodings
}

function sendCompressed (response: Response, isCompressed: boolean, text: string): void {
  response.type('json').vary('accept-encoding')
  if (isCompressed) response.set('content-encoding', 'gzip').send(gzipSync(text))
  else response.send(text)
}
