import { brotliCompressSync, gzipSync } from 'node:zlib'
import Fastify from 'fastify'
import fastifyStatic from '@fastify/static'
import t, { type Test } from 'tap'
import gateway, { type GatewayPluginOptions } from '../../index.ts'
import { buildGateway, listenGateway, listenStandalone } from '../helpers/gateways.ts'
import { connectRaw } from '../helpers/raw-client.ts'
import { startUpstream } from '../helpers/upstreams.ts'

const script = 'console.log(1)\n'.repeat(100)
const folder = {
  'index.html': '<title>site</title>',
  'secret.txt': 'of the folder',
  '.env': 'SECRET=1',
  '.well': { 'known.txt': 'secret' },
  assets: {
    'app-3f2a1b9c.js': script,
    'app-3f2a1b9c.js.br': brotliCompressSync(script),
    'app-3f2a1b9c.js.gz': gzipSync(script),
    'plain.css': 'a{}',
  },
  docs: { 'index.html': 'docs', 'a b.txt': 'spaced', '.hidden': 'SECRET=2' },
  'sp ace': { 'index.html': 'a folder with a space' },
  'ünï.txt': 'unicode',
}
const browser = { accept: 'text/html,*/*;q=0.8', 'sec-fetch-mode': 'navigate' }

/** A site beside an app, `api`, on a standalone gateway. Beside the root lies what must not be reached. */
async function start (t: Test, site: Partial<NonNullable<GatewayPluginOptions['static']>> = {}, options: GatewayPluginOptions = {}) {
  const dir = t.testdir({ site: folder, 'outside.txt': 'SECRET=3', 'site-old': { 'x.txt': 'SECRET=4' } })
  const api = await startUpstream(t, (request, response) => {
    response.writeHead(request.url === '/missing' ? 404 : 200).end(`api ${request.url}`)
  })
  return await listenStandalone(t, { static: { root: `${dir}/site`, ...site }, apps: [{ name: 'api', upstreams: api }], ...options })
}

t.test('files are served with their types, and an app before them', async t => {
  const { fastify } = await start(t)
  const rows: Record<string, [body: string, type: string | undefined]> = {
    '/': ['<title>site</title>', 'text/html; charset=utf-8'],
    '/index.html': ['<title>site</title>', 'text/html; charset=utf-8'],
    '/?utm=1': ['<title>site</title>', 'text/html; charset=utf-8'],
    '/assets/plain.css': ['a{}', 'text/css; charset=utf-8'],
    '/docs/': ['docs', 'text/html; charset=utf-8'],
    '/docs/a%20b.txt': ['spaced', 'text/plain; charset=utf-8'],
    '/%C3%BCn%C3%AF.txt': ['unicode', 'text/plain; charset=utf-8'],
    '/api/users': ['api /users', undefined],
    '/api': ['api /', undefined],
  }
  for (const [url, [body, type]] of Object.entries(rows)) {
    const response = await fastify.inject(url)
    t.equal(response.statusCode, 200, url)
    t.equal(response.body, body, url)
    t.equal(response.headers['content-type'], type, url)
  }
})

t.test('what is no file is 404 in the form of the gateway, never HTML', async t => {
  for (const spa of [false, true]) {
    const { fastify } = await start(t, { spa })
    for (const url of ['/none.js', '/assets/none.css', '/assets/', '/data', '/apix', '/docs/none/', '/index.html/', '//', '/docs//', '/%E9', '/assets/app-3f2a1b9c.js/x']) {
      const response = await fastify.inject(url)
      t.equal(response.statusCode, 404, url)
      t.match(response.json(), { statusCode: 404, code: 'GW_ERR_NO_ROUTE' }, url)
    }
  }
})

t.test('in a single-page app, a navigation to a path gets the page', async t => {
  const { fastify } = await start(t, { spa: true })
  for (const url of ['/users/42', '/users/42/edit?tab=1', '/v1.2', '/assets/', '/apix']) {
    const response = await fastify.inject({ url, headers: browser })
    t.equal(response.statusCode, 200, url)
    t.equal(response.body, '<title>site</title>')
    t.equal(response.headers['cache-control'], 'no-cache')
  }
})

t.test('in a single-page app, what is missing stays missing', async t => {
  const { fastify } = await start(t, { spa: true })
  const requests = {
    'an API, to a browser': { url: '/api/missing', headers: browser },
    'a script, opened in the browser': { url: '/none.js', headers: browser },
    'a script, loaded by a page': { url: '/none.js', headers: { accept: '*/*', 'sec-fetch-mode': 'no-cors' } },
    'a call of an API that is not there': { url: '/data', headers: { accept: 'application/json' } },
    'a call that accepts anything': { url: '/data', headers: { accept: '*/*', 'sec-fetch-mode': 'cors' } },
    'a form that is sent': { method: 'POST', url: '/data', headers: browser },
    'a dot file': { url: '/.env', headers: browser },
    'a folder with a dot': { url: '/.git/config', headers: browser },
  } as const
  for (const [name, request] of Object.entries(requests)) {
    const response = await fastify.inject(request)
    t.equal(response.statusCode, 404, name)
    t.notMatch(response.body, /<title>/, name)
  }
})

t.test('without spa, a navigation to nothing is 404 too', async t => {
  const { fastify } = await start(t)
  t.equal((await fastify.inject({ url: '/users/42', headers: browser })).statusCode, 404)
})

t.test('a folder without its slash is redirected to it, with the query', async t => {
  const { fastify } = await start(t)
  const rows: Record<string, string> = { '/docs': '/docs/', '/docs?a=1/../': '/docs/?a=1/../', '/sp%20ace': '/sp%20ace/' }
  for (const [url, location] of Object.entries(rows)) {
    const response = await fastify.inject(url)
    t.equal(response.statusCode, 301, url)
    t.equal(response.headers.location, location)
  }
  t.equal((await fastify.inject('//docs')).statusCode, 404, 'never to another host')
})

t.test('HEAD has the headers of GET, and no body', async t => {
  const { fastify } = await start(t, { spa: true })
  for (const url of ['/assets/plain.css', '/users/42']) {
    const get = await fastify.inject({ url, headers: browser })
    const head = await fastify.inject({ method: 'HEAD', url, headers: browser })
    t.equal(head.statusCode, 200)
    t.equal(head.body, '')
    for (const name of ['content-length', 'content-type', 'etag', 'cache-control', 'last-modified']) t.equal(head.headers[name], get.headers[name], name)
  }
})

t.test('a file that did not change is 304', async t => {
  const { fastify } = await start(t)
  const { headers } = await fastify.inject('/assets/plain.css')
  for (const [condition, header] of [['if-none-match', 'etag'], ['if-modified-since', 'last-modified']] as const) {
    const response = await fastify.inject({ url: '/assets/plain.css', headers: { [condition]: headers[header] } })
    t.equal(response.statusCode, 304)
    t.equal(response.body, '')
    t.equal(response.headers.etag, headers.etag)
  }
})

t.test('a part of a file can be requested', async t => {
  const { fastify } = await start(t)
  const injectRange = (range: string) => fastify.inject({ url: '/secret.txt', headers: { range } })
  const part = await injectRange('bytes=3-5')
  t.equal(part.statusCode, 206)
  t.equal(part.body, 'the')
  t.equal(part.headers['content-range'], 'bytes 3-5/13')
  t.equal((await injectRange('bytes=-6')).body, 'folder')
  const behind = await injectRange('bytes=100-')
  t.equal(behind.statusCode, 416)
  t.equal(behind.headers['content-range'], 'bytes */13')
})

t.test('the compressed form of a file is sent to clients that can read it', async t => {
  const { fastify } = await start(t)
  const url = '/assets/app-3f2a1b9c.js'
  const rows: Record<string, [coding: string | undefined, body: Buffer]> = {
    'gzip, deflate, br': ['br', brotliCompressSync(script)],
    gzip: ['gzip', gzipSync(script)],
    'br;q=0, gzip': ['gzip', gzipSync(script)],
    identity: [undefined, Buffer.from(script)],
  }
  for (const [accepted, [coding, body]] of Object.entries(rows)) {
    const response = await fastify.inject({ url, headers: { 'accept-encoding': accepted } })
    t.equal(response.headers['content-encoding'], coding, accepted)
    t.equal(response.headers['content-length'], String(body.length), accepted)
    t.same(response.rawPayload, body, accepted)
    t.match(response.headers, { 'content-type': /javascript; charset=utf-8$/, vary: 'accept-encoding', 'cache-control': 'public, max-age=31536000, immutable' })
  }
  const plain = await fastify.inject({ url: '/assets/plain.css', headers: { 'accept-encoding': 'br, gzip' } })
  t.equal(plain.headers['content-encoding'], undefined)
  t.equal(plain.body, 'a{}')
})

t.test('only what has a hash in its name is kept', async t => {
  const { fastify } = await start(t)
  t.equal((await fastify.inject('/assets/app-3f2a1b9c.js')).headers['cache-control'], 'public, max-age=31536000, immutable')
  for (const url of ['/', '/index.html', '/docs/', '/assets/plain.css']) t.equal((await fastify.inject(url)).headers['cache-control'], 'no-cache', url)
})

const dotFiles = ['/.env', '/%2eenv', '/%2Eenv', '/docs/.hidden', '/.well/known.txt', '/docs/../.env', '/./.env', '/%252eenv', '/.env/', '/docs/%2e%2e/.env']
const climbing = [
  '/../outside.txt', '/../../../../../../../etc/passwd', '/%2e%2e/outside.txt', '/%2e%2e%2foutside.txt', '/..%2foutside.txt', '/..%5coutside.txt', '/..\\outside.txt', '/%252e%252e%252foutside.txt',
  '/docs/../../outside.txt', '/docs/..%2f..%2foutside.txt', '/%c0%ae%c0%ae/outside.txt', '/%c0%ae%c0%ae%c0%afoutside.txt', '/..;/outside.txt', '/..%00/outside.txt', '/../site-old/x.txt', '//../outside.txt', '/.%2e/outside.txt',
  '/%u002e%u002e/outside.txt', 'http://a/../outside.txt', '/docs/%2e%2e/%2e%2e/outside.txt', '/..%c0%afoutside.txt', '/etc/passwd', '//etc/passwd', '/file:///etc/passwd',
]
for (const [name, targets] of Object.entries({ 'dot files are never served': dotFiles, 'nothing outside of the root is ever served': climbing })) {
  for (const [server, prefix] of [['standalone', ''], ['standalone', '/app'], ['in a host server', '']] as const) {
    t.test(`${name}, ${server}${prefix && ' below a prefix'}`, async t => {
      const dir = t.testdir({ site: folder, 'outside.txt': 'SECRET=3', 'site-old': { 'x.txt': 'SECRET=4' } })
      const listen = server === 'standalone' ? listenStandalone : listenGateway
      const { port } = await listen(t, { static: { root: `${dir}/site`, prefix: prefix || '/', spa: true } })
      for (const target of targets) {
        const client = await connectRaw(t, port)
        const [, origin = '', path = ''] = /^(http:\/\/[^/]+)?(.*)$/s.exec(target)!
        client.write(`GET ${origin}${prefix}${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
        const text = await client.closed()
        t.match(text, /^HTTP\/1\.1 40[034] /, target)
        t.notMatch(text, /SECRET|root:/, target)
      }
    })
  }
}

t.test('a path that climbs is the gateway\'s 400', async t => {
  const { fastify } = await start(t)
  const response = await fastify.inject('/docs/..%2f..%2foutside.txt')
  t.equal(response.statusCode, 400)
  t.equal(response.json().code, 'GW_ERR_BAD_PATH')
})

t.test('a malformed request is refused', async t => {
  const { port } = await start(t)
  const client = await connectRaw(t, port)
  client.write('GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n')
  t.match(await client.closed(), /^HTTP\/1\.1 400 .*GW_ERR_BAD_REQUEST/s)
})

t.test('a site can have a prefix, an app one below it, and the longest wins', async t => {
  const upstream = await startUpstream(t, (request, response) => response.end(`api ${request.url}`))
  const { fastify } = await start(t, { prefix: 'app', spa: true }, { apps: [{ name: 'api', prefix: 'app/api', upstreams: upstream }] })
  t.equal((await fastify.inject('/app/docs/')).body, 'docs')
  t.equal((await fastify.inject('/app/api/docs/')).body, 'api /docs/')
  t.equal((await fastify.inject('/app')).headers.location, '/app/')
  t.equal((await fastify.inject({ url: '/app/users/42', headers: browser })).body, '<title>site</title>')
  for (const url of ['/', '/apple', '/docs/']) t.equal((await fastify.inject({ url, headers: browser })).json().code, 'GW_ERR_NO_ROUTE', url)
})

t.test('in a host server, its own routes win, and they respond to what is no file', async t => {
  const dir = t.testdir(folder)
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  fastify.setNotFoundHandler((_request, reply) => { reply.code(404).send('their 404') })
  await fastify.register(gateway, { static: { root: dir } })
  fastify.get('/docs/', async () => 'their route')
  t.equal((await fastify.inject('/docs/')).body, 'their route')
  t.equal((await fastify.inject('/')).body, '<title>site</title>')
  t.equal((await fastify.inject('/none')).body, 'their 404')
})

t.test('a server with @fastify/static of its own keeps it as it is', async t => {
  const dir = t.testdir({ site: folder, own: { 'own.txt': 'own', '.dot': 'a dot file that they serve' } })
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  await fastify.register(fastifyStatic, { root: `${dir}/own`, prefix: '/own/' })
  await fastify.register(gateway, { static: { root: `${dir}/site` } })
  fastify.get('/send', (_request, reply) => reply.sendFile('own.txt'))
  t.equal((await fastify.inject('/own/own.txt')).body, 'own')
  t.equal((await fastify.inject('/own/.dot')).statusCode, 200)
  t.equal((await fastify.inject('/send')).headers['cache-control'], 'public, max-age=0')
  t.equal((await fastify.inject('/secret.txt')).headers['cache-control'], 'no-cache')
  t.equal((await fastify.inject('/.env')).statusCode, 404)
})

t.test('a site that cannot be served stops the start, with the remedy', async t => {
  const dir = t.testdir({ 'index.html': '' })
  const upstream = { name: 'web', prefix: '', upstreams: 'h:1' }
  const refusal = await buildGateway(t, { static: { root: `${dir}/dist`, spa: true }, apps: [upstream] }).then(() => undefined, error => error)
  t.equal(refusal.code, 'GW_ERR_CONFIG')
  t.match(refusal.problems, [
    { path: 'static.root', message: /there is no folder .*dist; create it/ },
    { path: 'static.prefix', message: /"\/" is the prefix of "web" too/ },
  ])
})

t.test('in a scope with a prefix, that comes before the site\'s own', async t => {
  const root = t.testdir({ 'index.html': 'index', 'a.txt': 'a' })
  for (const prefix of ['/', '/app']) {
    const fastify = Fastify()
    t.teardown(() => fastify.close())
    await fastify.register(async scope => {
      await scope.register(gateway, { static: { root, prefix } })
    }, { prefix: '/public' })
    const site = prefix === '/' ? '/public' : `/public${prefix}`
    t.equal((await fastify.inject(`${site}/a.txt`)).body, 'a', site)
    t.equal((await fastify.inject(`${site}/`)).body, 'index', site)
    t.equal((await fastify.inject('/a.txt')).statusCode, 404)
  }
})
