import type { RequestListener } from 'node:http'
import t, { type Test } from 'tap'
import { listenGateway } from '../helpers/gateways.ts'
import { type ReceivedResponse, type RequestOptions, sendRequest } from '../helpers/http1-client.ts'
import { startUpstream } from '../helpers/upstreams.ts'

const document = JSON.stringify({ openapi: '3.0.0', info: { title: 'Shop', version: '1' }, paths: { '/pets': { get: { responses: {} } } } })
const yaml = 'openapi: 3.0.0\ninfo: {title: Shop, version: "1"}\npaths: {/pets: {get: {responses: {}}}}\n'
const page = '<html><body><script src="/swagger-ui-bundle.js"></script><script>SwaggerUIBundle({ url: "/openapi.json" })</script></body></html>'

/** Every path at which a document or a page is expected, one of each kind, and some at which nothing is. */
const paths = [
  '/openapi.json', '/openapi.yaml', '/api/openapi.yml', '/swagger.json', '/swagger.yaml', '/swagger/v1/swagger.json', '/v2/api-docs', '/v3/api-docs', '/v3/api-docs.yaml', '/v3/api-docs/pets',
  '/documentation/json', '/documentation/yaml', '/docs/json', '/api-docs', '/api-docs.json', '/api-json', '/api-yaml', '/extra-document',
  '/docs', '/docs/', '/redoc', '/docs/oauth2-redirect', '/documentation', '/documentation/static/index.html', '/api', '/reference', '/scalar/v1', '/swagger-ui/index.html',
  '/docs/swagger-ui-init.js', '/documentation/static/swagger-initializer.js', '/v3/api-docs/swagger-config', '/extra-page',
  '/', '/elsewhere', '/elsewhere.js', '/pets?x=/docs',
]

/** What an app may have there. */
const contents: [string, { status?: number, type?: string, body: string, etag?: string, isChunked?: boolean }][] = [
  ['a document in JSON', { type: 'application/json', body: document, etag: '"d"' }],
  ['a document in YAML', { type: 'application/yaml', body: yaml, etag: 'W/"d"' }],
  ['the page of a document', { type: 'text/html; charset=utf-8', body: page, etag: '"d"' }],
  ['the script of such a page', { type: 'application/javascript', body: 'window.ui = SwaggerUIBundle({ url: "/openapi.json" })' }],
  ['another page', { type: 'text/html', body: '<p>/docs</p>', etag: 'W/"p"' }],
  ['other JSON', { type: 'application/json', body: '[{"openapi":1}]', etag: '"j"' }],
  ['an empty body', { body: '' }],
  ['nothing', { status: 404, type: 'application/json', body: '{"detail":"Not Found"}' }],
  ['a redirect', { status: 302, body: 'there' }],
  ['an error', { status: 500, type: 'text/html', body: page }],
  ['a large file', { type: 'application/octet-stream', body: 'x'.repeat(200_000), etag: '"f"' }],
  ['a page without a length', { type: 'text/html', body: page, isChunked: true }],
  ['a file without a length', { type: 'text/plain', body: 'x'.repeat(200_000), isChunked: true }],
]

/** Rewritten at an unknown path, too, which the response to a HEAD cannot reflect. */
const recognised = new Set(['a document in JSON', 'a document in YAML', 'the page of a document'])
const unknown = new Set(['/', '/elsewhere', '/elsewhere.js', '/pets?x=/docs'])

for (const [name, content] of contents) {
  t.test(`HEAD agrees with GET where there is ${name}`, async t => {
    const port = await start(t, serve(content))
    for (const path of paths) {
      if (recognised.has(name) && unknown.has(path)) continue
      const [get, head] = await sendBoth(port, path)
      t.strictSame(describe(head), describe(get), path)
      t.equal(head.body.length, 0)
      if (get.headers['content-length'] !== undefined) t.equal(get.body.length, Number(get.headers['content-length']), `${path} is as long as it says`)
    }
  })
}

t.test('HEAD agrees with GET where the app does not support HEAD', async t => {
  const port = await start(t, (request, response) => {
    if (request.method === 'HEAD') response.writeHead(405, { allow: 'GET' }).end()
    else serve(contents[0]![1])(request, response)
  })
  const [get, head] = await sendBoth(port, '/openapi.json')
  t.strictSame(describe(head), describe(get))
  t.equal(head.statusCode, 200)
})

for (const [name, content] of contents.filter(([, { etag }]) => etag !== undefined)) {
  t.test(`a client that has the current version gets a 304, for GET and HEAD, where there is ${name}`, async t => {
    const port = await start(t, serve(content))
    for (const path of paths) {
      if (recognised.has(name) && unknown.has(path)) continue
      const { headers: { etag } } = await sendRequest(port, `/app${path}`)
      const [get, head] = await sendBoth(port, path, { headers: { 'if-none-match': `"other", ${etag}` } })
      t.strictSame([get.statusCode, get.body.length, get.headers.etag], [304, 0, etag], path)
      t.strictSame(describe(head), describe(get), path)
      const [changed] = await sendBoth(port, path, { headers: { 'if-none-match': '"other"' } })
      t.equal(changed.statusCode, 200, `${path} is not that of another version`)
    }
  })
}

async function sendBoth (
  port: number,
  path: string,
  options: RequestOptions = {}
): Promise<[ReceivedResponse, ReceivedResponse]> {
  return [
    await sendRequest(port, `/app${path}`, options),
    await sendRequest(port, `/app${path}`, { ...options, method: 'HEAD' }),
  ]
}

function describe ({ statusCode, headers }: ReceivedResponse): object {
  const { etag, 'content-length': length, 'content-type': type, 'content-encoding': encoding, location, 'last-modified': modified } = headers
  return { statusCode, etag, length, type, encoding, location, modified }
}

/** An app with this content at every path, which supports conditional requests. */
function serve ({ status = 200, type, body, etag, isChunked }: typeof contents[number][1]): RequestListener {
  return (request, response) => {
    const headers = { ...type && { 'content-type': type }, ...etag && { etag, 'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT' }, ...status === 302 && { location: '/x' } }
    const known = request.headers['if-none-match']?.split(/,\s*/) ?? []
    if (etag !== undefined && known.includes(etag)) response.writeHead(304, { etag }).end()
    else response.writeHead(status, { ...headers, ...isChunked ? {} : { 'content-length': Buffer.byteLength(body) } }).end(request.method === 'HEAD' ? undefined : body)
  }
}

async function start (t: Test, listener: RequestListener): Promise<number> {
  const upstream = await startUpstream(t, listener)
  const openapi = { documents: ['/extra-document'], pages: ['/extra-page'] }
  return (await listenGateway(t, { apps: [{ name: 'app', upstreams: upstream, openapi }] })).port
}
