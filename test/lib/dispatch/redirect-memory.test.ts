import t from 'tap'
import { createMemory, findOwnRedirect, isGoodAnswer, RedirectMemory } from '../../../lib/dispatch/redirect-memory.ts'
import { createLocation, createTarget } from '../locations.ts'

const target = createTarget('http://10.0.0.2:9001', { basePath: '/v2' })
const context = { prefix: '', upstreams: [target], basePath: '/v2', clientHosts: ['gw.example:8000'] }

const redirects: { name: string, location: string | string[] | undefined, statusCode?: number, path: string | undefined }[] = [
  { name: 'a path', location: '/v2/x/', path: '/x/' },
  { name: 'a path with a query', location: '/v2/x/?a=1&b=http://h/', path: '/x/?a=1&b=http://h/' },
  { name: 'a fragment, which is nobody\'s but the client\'s', location: '/v2/x?a#b?c\nd', path: '/x?a' },
  { name: 'a path outside of the base', location: '/x', path: '/x' },
  { name: 'a path that climbs out of the base', location: '/v2/../x', path: '/x' },
  { name: '308', location: '/x', statusCode: 308, path: '/x' },
  { name: 'a URL of the upstream', location: 'http://10.0.0.2:9001/v2/x/', path: '/x/' },
  { name: 'a URL of the host that the client asked for', location: 'http://gw.example:8000/x/', path: '/x/' },
  { name: 'bytes above 127', location: '/caf\u00e9', path: '/caf\u00e9' },
  { name: 'another origin', location: 'http://10.0.0.3:9001/x/', path: undefined },
  { name: 'another port', location: 'http://10.0.0.2:9002/x/', path: undefined },
  { name: 'another host, without a scheme', location: '//evil.example/x/', path: undefined },
  { name: 'another host, as a browser reads it', location: '/\\evil.example/x/', path: undefined },
  { name: 'a relative reference', location: 'x/', path: undefined },
  { name: 'a query', location: '?x', path: undefined },
  { name: 'a fragment', location: '#x', path: undefined },
  { name: 'nothing but the upstream', location: 'http://10.0.0.2:9001', path: undefined },
  { name: 'nothing but the base', location: '/v2', path: undefined },
  { name: 'a space, which no request line can carry', location: '/a b', path: undefined },
  { name: 'a control character', location: '/a\u007fb', path: undefined },
  { name: 'two of them', location: ['/x', '/y'], path: undefined },
  { name: 'none', location: undefined, path: undefined },
  ...[200, 301, 302, 303, 304, 306, 309].map(statusCode => ({ name: String(statusCode), location: '/x', statusCode, path: undefined })),
]

for (const { name, location, statusCode = 307, path } of redirects) {
  t.test(`a redirect in the same app: ${name}: ${path === undefined ? 'no' : 'yes'}`, async t => {
    t.equal(findOwnRedirect({ statusCode, headers: location === undefined ? {} : { location } }, context), path)
  })
}

const GET = (path: string) => ({ method: 'GET', path })

t.test('a slash redirect is remembered by method and path, and each request has its own query', async t => {
  const memory = new RedirectMemory()
  memory.remember(GET('/x?a=1'), '/x/?a=1')
  t.equal(memory.recall(GET('/x')), '/x/')
  t.equal(memory.recall(GET('/x?b=2?c')), '/x/?b=2?c')
  t.equal(memory.recall(GET('/x?')), '/x/?')
  t.equal(memory.recall(GET('/x/')), undefined)
  t.equal(memory.recall({ method: 'POST', path: '/x' }), undefined)
})

const slashes: { name: string, from: string, to: string, isRemembered: boolean }[] = [
  { name: 'a slash that was missing', from: '/x', to: '/x/', isRemembered: true },
  { name: 'a slash too many', from: '/x/', to: '/x', isRemembered: true },
  { name: 'the path of nothing but the prefix', from: '', to: '/', isRemembered: true },
  { name: 'another path', from: '/x', to: '/login/', isRemembered: false },
  { name: 'a longer path', from: '/x', to: '/x/y/', isRemembered: false },
  { name: 'the same path', from: '/x', to: '/x', isRemembered: false },
  { name: 'a slash and another query', from: '/x?a', to: '/x/?b', isRemembered: false },
  { name: 'a slash and a new query', from: '/x', to: '/x/?token=1', isRemembered: false },
  { name: 'a slash and a lost query', from: '/x?a', to: '/x/', isRemembered: false },
  { name: 'a slash in the query', from: '/x?a', to: '/x?a/', isRemembered: false },
]

for (const { name, from, to, isRemembered } of slashes) {
  t.test(`a redirect is ${isRemembered ? '' : 'not '}remembered: ${name}`, async t => {
    const memory = new RedirectMemory()
    memory.remember(GET(from), to)
    t.equal(memory.size, isRemembered ? 1 : 0)
    t.equal(memory.recall(GET(from)), isRemembered ? to : undefined)
  })
}

t.test('what is forgotten is forgotten for its method', async t => {
  const memory = new RedirectMemory()
  for (const method of ['GET', 'POST']) memory.remember({ method, path: '/x' }, '/x/')
  memory.forget(GET('/x?any'))
  t.equal(memory.recall(GET('/x')), undefined)
  t.equal(memory.recall({ method: 'POST', path: '/x' }), '/x/')
})

t.test('1000 are remembered, those that were used last', async t => {
  const memory = new RedirectMemory()
  for (let i = 0; i < 1000; i++) memory.remember(GET(`/${i}`), `/${i}/`)
  memory.recall(GET('/0'))
  memory.remember(GET('/new'), '/new/')
  t.equal(memory.size, 1000)
  t.equal(memory.recall(GET('/0')), '/0/')
  t.equal(memory.recall(GET('/1')), undefined)
})

t.test('a redirect is remembered for five minutes, however often it is used', async t => {
  let now = Date.now()
  t.intercept(Date, 'now', { value: () => now })
  const memory = new RedirectMemory()
  memory.remember(GET('/x'), '/x/')
  now += 299_000
  t.equal(memory.recall(GET('/x')), '/x/')
  now += 2000
  t.equal(memory.recall(GET('/x')), undefined)
})

t.test('a remembered path goes on as long as it is answered', async t => {
  for (const statusCode of [200, 201, 204, 304, 400, 401, 403, 409, 422, 429]) t.equal(isGoodAnswer(statusCode), true, String(statusCode))
  for (const statusCode of [301, 302, 303, 307, 308, 404, 405, 500, 502, 503]) t.equal(isGoodAnswer(statusCode), false, String(statusCode))
})

t.test('only a location that follows redirects remembers them, if it is to', async t => {
  t.type(createMemory(createLocation({ fastapiRedirect: true })), RedirectMemory)
  t.equal(createMemory(createLocation({ fastapiRedirect: true, redirectCache: false })), null)
  t.equal(createMemory(createLocation({ fastapiRedirect: false })), null)
})
