import t from 'tap'
import { type Listen, listenGateway, listenStandalone, onEachServer } from '../helpers/gateways.ts'
import { bodyOf, formatRequest, readMessage, sendBytes, sendRawRequest, valuesOf } from '../helpers/raw-client.ts'
import { startRecorder, startUpstream } from '../helpers/upstreams.ts'

// The path reaches the upstream byte for byte, less the prefix, or not at all.

const kept = [
  '/', '/x', '/x/', '//', '//x', '/x//y', '/x///', '/%2F', '/%2f', '/a%2Fb', '/a%2fb', '/%41', '/%c3%a9', '/%C3%A9', '/%e2%82%ac', '/a%20b', '/a+b', '/a%2Bb', '/a;b=c', '/;', '/a;jsessionid=1/b',
  '/a:b', '/a@b', '/a,b', '/a=b&c', '/$!\'()*~_-.', '/.x', '/..x', '/x..', '/...', '/x.', '/.', '/./x', '/x/../y', '/x/%2e%2e/y', '/%25', '/%2525', '/a%3Fb', '/a%23b', '/a%00b', '/%0d%0a', '/a%5cb',
  '/"quoted"', '/a|b', '/a^b', '/`', '/{id}', '/[1]', '/<a>', '/a\\b', '/:id', '/*', '/x*y', '/(.*)',
  '/?', '/?a', '/?a=b', '/x?a=../..&b=%zz', '/x?a=1&a=2', '/x??', '/x?a?b', '/x?/../..', '/x?%2e%2e%2f', '/x?a=%2F', '/x?"<>', '/x?a=b;c', '/x?a[]=1', '/x?url=http://a/b', '/x/?', '/x?=', '/x?&&',
]

onEachServer('path and query arrive byte for byte', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream.origin }] })
  for (const path of kept) {
    upstream.reset()
    const response = await sendRawRequest(t, port, `GET /app${path}`)
    t.match(response.startLine, / 200 /, path)
    t.equal(readMessage(upstream.bytes()).startLine, `GET ${path} HTTP/1.1`)
  }
})

t.test('a path of bytes that are no UTF-8 arrives on a server of the gateway\'s own', async t => {
  const upstream = await startRecorder(t)
  const { port } = await listenStandalone(t, { apps: [{ name: 'app', upstreams: upstream.origin }] })
  for (const path of ['/caf%E9', '/%ff/%fe', '/caf%E9?q=%E9', '/%E9%2F%20', '/%c3%28']) {
    upstream.reset()
    const response = await sendRawRequest(t, port, `GET /app${path}`)
    t.match(response.startLine, / 200 /, path)
    t.equal(readMessage(upstream.bytes()).startLine, `GET ${path} HTTP/1.1`)
  }
})

const climbing = [
  '/..', '/../', '/../x', '/x/../..', '/x/../../y', '/./..', '//..', '/x/..//..', '/%2e%2e', '/%2E%2E', '/%2e%2E/', '/.%2e', '/%2e.', '/%2E./x', '/..%2f', '/..%2F', '/..%2fx', '/%2e%2e%2f', '/x%2f..%2f..',
  '/x%2f%2e%2e%2f%2e%2e', '/..\\', '/..\\x', '/\\..', '/x\\..\\..', '/..%5c', '/..%5Cx', '/%5c..', '/%5c%2e%2e', '/%252e%252e', '/%252e%252e%252f', '/..%252f', '/%252E%252E/x', '/%25252e%25252e', '/%2525252e%2525252e',
  '/..%255c', '/%255c..', '/..;', '/..;/x', '/..;a=b/x', '/%2e%2e;/x', '/..%3b/x', '/..%00', '/..%00/x', '/..%20/x', '/..%09', '/.%09./x', '/..%0d%0a', '/..%23', '/..%3f', '/%c0%ae%c0%ae', '/..%c0%af', '/%e0%80%ae%e0%80%ae/',
  '/%u002e%u002e', '/%uff0e%uff0e',
]

onEachServer('a path that climbs out of its prefix is refused in every encoding', async (t, listen, isOwn) => {
  const upstream = await startRecorder(t)
  for (const [kind, upstreams] of [['an upstream', upstream.origin], ['an upstream with a base path', `${upstream.origin}/base`]] as const) {
    const { port } = await listen(t, { apps: [{ name: 'app', upstreams }] })
    for (const path of climbing) {
      const response = await sendRawRequest(t, port, `GET /app${path}`)
      t.match(response.startLine, / 400 /, `${path}, ${kind}`)
      const isOfRouter = !isOwn && /FST_ERR_BAD_URL/.test(response.body)
      t.ok(isOfRouter || JSON.parse(response.body).code === 'GW_ERR_BAD_PATH', `${path}, ${kind}: ${response.body}`)
    }
  }
  t.equal(upstream.bytes(), '')
})

onEachServer('with the empty prefix, too', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, { apps: [{ name: 'app', prefix: '', upstreams: `${upstream.origin}/base` }] })
  for (const path of climbing) t.match((await sendRawRequest(t, port, `GET ${path}`)).startLine, / 400 /, path)
  t.equal(upstream.bytes(), '')
  t.equal(bodyOf(await sendRawRequest(t, port, 'GET /x/../y?../..')), '/base/x/../y?../..')
})

const notPaths = ['/a#b', '/#', '/x?a#b', '/%', '/%zz', '/a%2', '/%2x/%2e']

onEachServer('what cannot be a path is refused', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream.origin }] })
  for (const path of notPaths) t.match((await sendRawRequest(t, port, `GET /app${path}`)).startLine, / 400 /, path)
  t.equal(upstream.bytes(), '')
})

/** An app that responds with its name and the target of the request. */
function startNamed (t: Parameters<Listen>[0], name: string): Promise<string> {
  return startUpstream(t, (request, response) => response.end(`${name} ${request.url}`))
}

onEachServer('the longest prefix wins, up to a boundary', async (t, listen) => {
  const { port } = await listen(t, {
    apps: [
      { name: 'rest', prefix: '', upstreams: await startNamed(t, 'rest') },
      { name: 'a', upstreams: await startNamed(t, 'a') },
      { name: 'ab', prefix: 'a/b', upstreams: `${await startNamed(t, 'ab')}/base/` },
    ],
  })
  for (const [target, body] of [
    ['/a', 'a /'], ['/a/', 'a /'], ['/a?x', 'a /?x'], ['/a/x', 'a /x'], ['/a/c/b', 'a /c/b'], ['/a/bc', 'a /bc'], ['/a/b', 'ab /base'], ['/a/b/', 'ab /base/'], ['/a/b?x', 'ab /base?x'], ['/a/b/c?x', 'ab /base/c?x'],
    ['/a/b//c', 'ab /base//c'], ['/', 'rest /'], ['/?x', 'rest /?x'], ['/aX', 'rest /aX'], ['/aX/b', 'rest /aX/b'], ['/A', 'rest /A'], ['/b', 'rest /b'], ['/a%2Fb', 'rest /a%2Fb'], ['/%61/x', 'a /x'],
    ['//', 'rest //'], ['//a', 'rest //a'],
  ] as const) {
    const got = await sendRawRequest(t, port, `GET ${target}`)
    t.equal(bodyOf(got), body, target)
  }
})

t.test('a prefix alone is no part of a longer name', async t => {
  const upstream = await startRecorder(t)
  for (const [listen, code] of [[listenGateway, undefined], [listenStandalone, 'GW_ERR_NO_ROUTE']] as const) {
    const { port } = await listen(t, { apps: [{ name: 'users', upstreams: upstream.origin }] })
    for (const path of ['/usersX', '/users-', '/user', '/users%2Fx', '/xusers', '/', '/Users', '/users;a', '//users']) {
      const response = await sendRawRequest(t, port, `GET ${path}`)
      t.match(response.startLine, / 404 /, path)
      t.equal(JSON.parse(response.body).code, code, path)
    }
  }
  t.equal(upstream.bytes(), '')
})

onEachServer('addSlashes and rewrite change the path and never the query', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, {
    apps: [
      { name: 'slash', addSlashes: true, upstreams: upstream.origin },
      { name: 'old', rewrite: ['^/old/v(\\d+)/', '/api/$1/'], upstreams: `${upstream.origin}/base` },
    ],
  })
  for (const [target, path] of [
    ['/slash', '/'], ['/slash/x', '/x/'], ['/slash/x/', '/x/'], ['/slash/x?a=b', '/x/?a=b'], ['/slash/x?a=/old/v1/', '/x/?a=/old/v1/'], ['/slash/%41', '/%41/'],
    ['/old/v2/x', '/base/api/2/x'], ['/old/v2/x?/old/v2/', '/base/api/2/x?/old/v2/'], ['/old/v2/%2F', '/base/api/2/%2F'],
  ] as const) {
    t.equal(bodyOf(await sendRawRequest(t, port, `GET ${target}`)), path, target)
  }
})

onEachServer('an absolute-form target is read as its path, and names the host', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream.origin }] })
  for (const [target, host, path] of [
    ['http://other.test/app/x?y', 'other.test', '/x?y'],
    ['HTTP://other.test:8080/app/%2F', 'other.test:8080', '/%2F'],
    ['https://other.test/app/', 'other.test', '/'],
    ['http://[::1]:80/app/', '[::1]:80', '/'],
    ['http://other.test/app', 'other.test', '/'],
  ] as const) {
    upstream.reset()
    t.match((await sendRawRequest(t, port, `GET ${target}`)).startLine, / 200 /, target)
    const received = readMessage(upstream.bytes())
    t.equal(received.startLine, `GET ${path} HTTP/1.1`, target)
    t.strictSame([valuesOf(received, 'host'), valuesOf(received, 'x-forwarded-host')], [[host], [host]], target)
  }
})

onEachServer('a target that is no path of this server is refused', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, { apps: [{ name: 'app', prefix: '', upstreams: upstream.origin }] })
  for (const target of [
    'http://user@other.test/x', 'http://user:word@other.test/x', 'http:///x', 'http://', 'http://a b/x', 'http://a%0d%0ab/x', 'http://a,b/x', 'http://a\\b/x', 'http://a:b/x', 'http://[::1/x', 'ftp://other.test/x', 'file:///etc/passwd',
    'http:x', 'http:/x', '*',
  ]) {
    const statuses = await sendBytes(t, port, formatRequest(`GET ${target}`))
    t.match(statuses, /^HTTP\/1\.1 (?:400|404) /, target)
  }
  t.equal(upstream.bytes(), '')
})

onEachServer('OPTIONS * is for the server itself, and no app gets it', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, { apps: [{ name: 'app', prefix: '', upstreams: upstream.origin }] })
  t.match(await sendBytes(t, port, formatRequest('OPTIONS *')), /^HTTP\/1\.1 (?:[24]\d\d) /)
  t.equal(upstream.bytes(), '')
})
