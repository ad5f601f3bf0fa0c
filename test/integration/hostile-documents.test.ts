import type { RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import type { InlineAppOptions } from '../../lib/options/schema.ts'
import { listenGateway } from '../helpers/gateways.ts'
import { isGatewayError, sendRequest, stillServes } from '../helpers/http1-client.ts'
import { connectRaw } from '../helpers/raw-client.ts'
import { startRawUpstream, startUpstream } from '../helpers/upstreams.ts'
import { closing, defer, soon } from '../helpers/waiting.ts'
import type { Json } from '../lib/rewrite/openapi/operations.ts'

const info = { title: 'Shop', version: '1' }
const operation = { get: { responses: { 200: { description: 'ok' } } } }
const document = JSON.stringify({ openapi: '3.0.0', info, paths: { '/pets': operation } })

t.test('a document that is shorter than its Content-Length is an honest error', async t => {
  const { port } = await startApp(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': document.length + 1 })
    response.write(document)
    setImmediate(() => response.socket!.end())
  })
  const reply = await sendRequest(port, '/app/openapi.json')
  isGatewayError(t, reply, 502, reply.statusCode === 502 ? JSON.parse(reply.body.toString()).code : 'GW_ERR_UPSTREAM_UNREACHABLE')
  await stillServes(t, port)
})

t.test('a document that is longer than its Content-Length ends there', async t => {
  const upstream = await startRawUpstream(t, socket => socket.on('data', () => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n${document}`)
  }))
  const { port } = await listenGateway(t, { apps: [{ name: 'app', upstreams: upstream }] })
  const reply = await soon(sendRequest(port, '/app/openapi.json'), 'a document that is too long')
  t.ok(reply.statusCode === 502 || reply.body.toString() === document.slice(0, 20), `${reply.statusCode}: ${reply.body}`)
})

t.test('a document that is compressed against Accept-Encoding passes as it is', async t => {
  const gzipped = gzipSync(document)
  const { port } = await startApp(t, (request, response) => {
    t.equal(request.headers['accept-encoding'], 'identity')
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip', 'content-length': gzipped.length, etag: '"packed"' })
    response.end(request.method === 'HEAD' ? undefined : gzipped)
  })
  const reply = await sendRequest(port, '/app/openapi.json', { headers: { 'accept-encoding': 'br' } })
  t.strictSame(reply.body, gzipped)
  t.match(reply.headers, { 'content-encoding': 'gzip', etag: '"packed"', 'content-length': String(gzipped.length) })
})

for (const isChunked of [false, true]) {
  t.test(`a document of 11 MB passes byte for byte, ${isChunked ? 'chunked' : 'with its length'}`, async t => {
    const large = Buffer.from(JSON.stringify({ openapi: '3.0.0', info: { ...info, description: 'x'.repeat(11_000_000) }, paths: { '/pets': operation } }))
    const { port } = await startApp(t, (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', etag: '"large"', ...isChunked ? {} : { 'content-length': large.length } })
      response.end(large)
    })
    const reply = await sendRequest(port, '/app/openapi.json')
    t.ok(reply.isComplete)
    t.ok(reply.body.equals(large), 'every byte of it')
    t.equal(reply.headers.etag, '"large"')
  })
}

t.test('a document of 9 MB is rewritten, and cached', async t => {
  const large = JSON.stringify({ openapi: '3.0.0', info: { ...info, description: 'x'.repeat(9_000_000) }, paths: { '/pets': operation } })
  const { port } = await startApp(t, (_request, response) => { response.writeHead(200, { 'content-type': 'application/json' }).end(large) })
  const [first, second] = [await sendRequest(port, '/app/openapi.json'), await sendRequest(port, '/app/openapi.json')]
  t.strictSame(Object.keys(JSON.parse(first.body.toString()).paths), ['/app/pets'])
  t.ok(second.body.equals(first.body))
})

t.test('a document that comes byte by byte is put together', async t => {
  const { port } = await startApp(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const bytes = Buffer.from(document.replace('Shop', 'Łódź'))
    let index = 0
    function next (): void {
      response.write(bytes.subarray(index, ++index))
      if (index === bytes.length) response.end()
      else setImmediate(next)
    }
    next()
  })
  const { body, headers } = await sendRequest(port, '/app/openapi.json')
  t.match(JSON.parse(body.toString()), { info: { title: 'Łódź' }, paths: { '/app/pets': operation } })
  t.strictSame([headers['content-length'], headers['transfer-encoding']], [String(body.length), undefined])
})

t.test('a byte order mark does not hide a document', async t => {
  for (const path of ['openapi.json', 'elsewhere']) {
    const { port } = await startApp(t, plain('application/json', `\ufeff${document}`))
    const { body } = await sendRequest(port, `/app/${path}`)
    const text = body.toString().replace(/^\ufeff/, '')
    t.strictSame(Object.keys(JSON.parse(text).paths), ['/app/pets'], path)
  }
})

t.test('keys that mean something to JavaScript are data', async t => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf']
  const members = names.map(name => `"${name}":{"type":"string"}`).join()
  const text = '{"__proto__":{"polluted":true},"openapi":"3.1.0","info":{"title":"a","version":"1","__proto__":{"polluted":1}},"constructor":{"prototype":{"polluted":1}},' +
    `"paths":{"/pets":{"get":{"operationId":"__proto__","responses":{"__proto__":{"description":"x"}}}},"__proto__":{"get":{}},"/__proto__":{"get":{"responses":{}}}},"components":{"schemas":{${members}}},"servers":[{"__proto__":{"url":"x"},"url":"/"}]}`
  const { port } = await startApp(t, plain('application/json', text))
  const { body } = await sendRequest(port, '/app/openapi.json')
  const served = body.toString()
  t.match(served, `"components":{"schemas":{${members}}}`)
  t.match(served, '{"__proto__":{"polluted":true},')
  t.match(served, '"/app/pets":')
  t.match(served, '"/app/__proto__":')
  t.equal(({} as Json).polluted, undefined)
  t.equal(Object.prototype.hasOwnProperty.call(JSON.parse(served).paths, '__proto__'), true)
})

const costly: [string, string, string][] = [
  ['deep JSON', 'application/json', `{"openapi":"3.0.0","paths":${'['.repeat(200_000)}${']'.repeat(200_000)}}`],
  ['deep JSON objects', 'application/json', `{"openapi":"3.0.0","paths":${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}}`],
  ['deep YAML', 'application/yaml', `openapi: 3.0.0\npaths: ${'['.repeat(50_000)}`],
  ['aliases of aliases', 'application/yaml', `openapi: 3.0.0\nx-0: &a0 [x,x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 12 }, (_, index) => `x-${index + 1}: &a${index + 1} [${Array(10).fill(`*a${index}`).join()}]\n`).join('')}paths: *a12\n`],
  ['a great many keys', 'application/json', `{"openapi":"3.0.0","paths":{${Array.from({ length: 10_000 }, (_, index) => `"/${index}":{}`).join()}}}`],
  ['quotes without an end', 'application/json', `{"openapi":"3.0.0","x":"${'\\"'.repeat(500_000)}`],
  ['white space', 'application/json', `${' '.repeat(1_000_000)}{"openapi":"3.0.0"`],
  ['a page of tags without an end', 'text/html', `<script src="swagger-ui-bundle.js"></script>${'<script '.repeat(100_000)}`],
  ['a script of half a call', 'application/javascript', `SwaggerUIBundle({${'url: "/x" + ('.repeat(40_000)}`],
]
for (const [name, type, text] of costly) {
  t.test(`${name}: neither an end of the process nor a long wait`, async t => {
    const { port } = await startApp(t, plain(type, text))
    const path = type === 'text/html' ? 'docs' : type.endsWith('javascript') ? 'docs/swagger-initializer.js' : type.endsWith('yaml') ? 'openapi.yaml' : 'openapi.json'
    const begun = performance.now()
    const reply = await sendRequest(port, `/app/${path}`)
    t.equal(reply.statusCode, 200)
    t.ok(performance.now() - begun < 3000, `${Math.round(performance.now() - begun)} ms`)
    await stillServes(t, port)
  })
}

t.test('when the client leaves while a document is buffered, the upstream request is aborted', async t => {
  const buffered = defer<Socket>()
  const upstream = await startRawUpstream(t, socket => socket.once('data', () => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n${document}`)
    buffered.resolve(socket)
  }))
  for (const [path, method] of [['openapi.json', 'GET'], ['elsewhere', 'GET'], ['openapi.json', 'HEAD']] as const) {
    const left = defer<Socket>()
    const slow = await startRawUpstream(t, socket => socket.once('data', () => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n${path === 'elsewhere' ? ' '.repeat(100) : document}`)
      left.resolve(socket)
    }))
    const { port } = await listenGateway(t, { apps: [{ name: 'app', upstreams: slow }] })
    const client = await connectRaw(t, port)
    client.write(`${method} /app/${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
    const socket = await soon(left.promise, 'the app gets the request')
    client.socket.destroy()
    await soon(closing(socket), `${method} ${path}: the upstream request is aborted`)
    t.pass(`${method} ${path}`)
  }
  // Another client, of another gateway, is not touched.
  const { port } = await listenGateway(t, { apps: [{ name: 'app', upstreams: upstream }] })
  const client = await connectRaw(t, port)
  client.write('GET /app/openapi.json HTTP/1.1\r\nHost: a\r\n\r\n')
  const socket = await buffered.promise
  socket.write(' '.repeat(1000 - document.length))
  t.match(await client.until(/\/app\/pets/), /^HTTP\/1\.1 200/)
})

t.test('an app that hangs in the middle of a document is timed out', async t => {
  const { port } = await startApp(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 }).write(document)
  }, { timeouts: { body: 300 } })
  isGatewayError(t, await soon(sendRequest(port, '/app/openapi.json'), 'a timeout'), 504, 'GW_ERR_UPSTREAM_TIMEOUT')
})

t.test('an unsolicited 304 goes to the client, without a body', async t => {
  const { port } = await startApp(t, (_request, response) => { response.writeHead(304, { etag: '"app"' }).end() })
  for (const method of ['GET', 'HEAD']) {
    for (const headers of [{}, { 'if-none-match': '"x"' }]) {
      const reply = await soon(sendRequest(port, '/app/openapi.json', { method, headers }), 'a 304')
      t.strictSame([reply.statusCode, reply.body.length, reply.isComplete], [304, 0, true], method)
    }
  }
  await stillServes(t, port)
})

t.test('an unsolicited 206 is not taken for a document', async t => {
  const { port } = await startApp(t, (_request, response) => {
    response.writeHead(206, { 'content-type': 'application/json', 'content-range': `bytes 0-${document.length - 1}/9999`, 'content-length': document.length }).end(document)
  })
  const reply = await sendRequest(port, '/app/openapi.json')
  t.strictSame([reply.statusCode, reply.body.toString()], [206, document])
})

t.test('content types that are several, odd or none', async t => {
  for (const type of [['application/json', 'application/json'], 'APPLICATION/JSON ; charset="UTF-8"', 'application/vnd.oai.openapi+json', 'text/plain']) {
    const { port } = await startApp(t, (_request, response) => { response.writeHead(200, { 'content-type': type }).end(document) })
    const { statusCode, body } = await sendRequest(port, '/app/openapi.json')
    t.equal(statusCode, 200)
    if (typeof type === 'string') t.strictSame(Object.keys(JSON.parse(body.toString()).paths), ['/app/pets'], type)
    else t.equal(body.toString(), document, 'two are no type')
  }
})

for (const mode of ['paths', 'servers'] as const) {
  t.test(`no response reveals the address of the app, with the prefix in ${mode}`, async t => {
    const { port, upstreamPort } = await startApp(t, leaky, { openapi: { mode }, rewriteHost: true })
    for (const path of ['openapi.json', 'swagger.json', 'openapi.yaml', 'docs', 'redirect', 'gone', 'cookie', 'broken', 'not-http']) {
      const client = await connectRaw(t, port)
      client.write(`GET /app/${path} HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\n\r\n`)
      const response = await soon(client.closed(), path)
      t.match(response, /^HTTP\/1\.1 \d{3} /, path)
      const at = response.indexOf(String(upstreamPort))
      t.equal(at, -1, `${path}${at === -1 ? '' : `: …${response.slice(at - 60, at + 20)}…`}`)
    }
  })
}

/** Reveals its own address wherever a response can contain one. */
const leaky: RequestListener = (request, response) => {
  const own = `http://${request.headers.host}`
  const flows = { authorizationCode: { authorizationUrl: `${own}/authorize`, tokenUrl: `${own}/token`, refreshUrl: `${own}/refresh`, scopes: {} } }
  const server = [{ url: `${own}/api` }]
  const openapi = {
    openapi: '3.1.0',
    info: { ...info, termsOfService: `${own}/terms`, contact: { url: `${own}/contact` }, license: { name: 'MIT', url: `${own}/license` } },
    servers: [{ url: own }, ...server],
    externalDocs: { url: `${own}/more` },
    tags: [{ name: 'a', externalDocs: { url: `${own}/tag` } }],
    paths: { '/pets': { servers: server, get: { servers: server, externalDocs: { url: `${own}/pets` }, responses: { 200: { description: 'ok', links: { next: { operationRef: `${own}/openapi.json#/paths/~1pets/get`, server: server[0] } } } } } } },
    webhooks: { made: { servers: server, post: { responses: {} } } },
    components: { securitySchemes: { a: { type: 'oauth2', flows }, b: { type: 'openIdConnect', openIdConnectUrl: `${own}/.well-known` } }, pathItems: { a: { servers: server } } },
  }
  const swagger = { swagger: '2.0', info, host: request.headers.host, basePath: '/', schemes: ['http'], paths: { '/pets': operation }, securityDefinitions: { a: { type: 'oauth2', authorizationUrl: `${own}/authorize`, tokenUrl: `${own}/token`, flow: 'accessCode' } }, externalDocs: { url: `${own}/more` } }
  const send = (type: string, body: string) => response.writeHead(200, { 'content-type': type, 'content-location': `${own}${request.url}` }).end(body)
  switch (request.url!) {
    case '/openapi.json': return send('application/json', JSON.stringify(openapi))
    case '/swagger.json': return send('application/json', JSON.stringify(swagger))
    case '/openapi.yaml': return send('application/yaml', `openapi: 3.0.3\ninfo: {title: a, version: '1'}\nservers:\n  - url: ${own}\n  - url: "${own}/api" # its own\npaths:\n  /pets:\n    get: {responses: {}}\n`)
    case '/docs': return send('text/html', `<html><head><link rel="stylesheet" href="${own}/swagger-ui.css"></head><body><script src="${own}/swagger-ui-bundle.js"></script><script>SwaggerUIBundle({ url: "${own}/openapi.json", oauth2RedirectUrl: '${own}/docs/oauth2-redirect' })</script></body></html>`)
    case '/redirect': return response.writeHead(302, { location: `${own}/a`, refresh: `0; url=${own}/a` }).end()
    case '/cookie': return response.writeHead(200, { 'set-cookie': 'a=1; Domain=127.0.0.1' }).end()
    case '/not-http': return response.socket!.end('what?\r\n\r\n')
    default: return response.socket!.destroy()
  }
}

function plain (type: string, text: string): RequestListener {
  return (_request, response) => { response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(text) }).end(text) }
}

/** A gateway with an app at `/app`: `listener`, except for `/fine`. */
async function startApp (t: Test, listener: RequestListener, flags: Partial<InlineAppOptions> = {}) {
  const upstream = await startUpstream(t, (request, response) => {
    if (request.url === '/fine') response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 4 }).end('fine')
    else listener(request, response)
  })
  const { port, origin } = await listenGateway(t, { apps: [{ name: 'app', upstreams: upstream, ...flags }] })
  return { port, origin, upstreamPort: Number(new URL(upstream).port) }
}
