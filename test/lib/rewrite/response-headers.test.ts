import t from 'tap'
import type { HeaderRecord } from '../../../lib/headers/response.ts'
import { findPublicBase, type PublicBase } from '../../../lib/rewrite/public-base.ts'
import { createHeaderRewriter } from '../../../lib/rewrite/response-headers.ts'
import { createLocation, createTarget, type LocationChanges } from '../locations.ts'

const client = { address: '203.0.113.7', isSecure: false, isTrusted: false }

/** Rewrites the headers of a response of the first upstream, and counts how often the base was computed. */
function rewrite (given: HeaderRecord, changes: LocationChanges = {}): { headers: HeaderRecord, count: number } {
  const location = createLocation({ prefix: '/users', upstreams: [createTarget('http://10.0.0.2:9001', { basePath: '/v2' }), createTarget('http://[::1]:9002')], ...changes })
  const headers: HeaderRecord = Object.assign(Object.create(null), given)
  let count = 0
  const findBase = (): PublicBase => {
    count++
    return findPublicBase(location, client, {}, 'gw:8000', location.upstreams[0]!.basePath)
  }
  const rewritten = createHeaderRewriter(location)(headers, findBase)
  return { headers: { ...headers, ...rewritten }, count }
}

t.test('where the client came from is a public URL already', async t => {
  const location = createLocation({ prefix: '/users' })
  const headers: HeaderRecord = { location: 'http://gw:8000/users/cart?x=1' }
  const rewritten = createHeaderRewriter(location)(headers, () => findPublicBase(location, client, { referer: 'http://gw:8000/users/cart?x=1' }, 'gw:8000', ''))
  t.strictSame(rewritten, headers)
})

const rows: { name: string, given: HeaderRecord, expected: HeaderRecord, changes?: LocationChanges }[] = [
  { name: 'a path in Location', given: { location: '/x?a#b' }, expected: { location: '/users/x?a#b' } },
  { name: 'an upstream\'s URL in Location, with its base path', given: { location: 'http://10.0.0.2:9001/v2/x' }, expected: { location: '/users/x' } },
  { name: 'the URL of the requested host in Location', given: { location: 'http://gw:8000/x' }, expected: { location: '/users/x' } },
  { name: 'another host in Location', given: { location: 'https://example.com/x' }, expected: { location: 'https://example.com/x' } },
  { name: 'a relative reference in Location', given: { location: 'x' }, expected: { location: 'x' } },
  { name: 'Content-Location', given: { 'content-location': '/x' }, expected: { 'content-location': '/users/x' } },
  { name: 'Refresh', given: { refresh: '5; url=http://[::1]:9002/x' }, expected: { refresh: '5; url=/users/x' } },
  { name: 'every one of several, in their order', given: { location: ['/a', 'b', '/c'] }, expected: { location: ['/users/a', 'b', '/users/c'] } },
  { name: 'every cookie', given: { 'set-cookie': ['a=1; Path=/x', 'b=2; Domain=10.0.0.2', 'c=3; Domain=[::1]; Path=/'] }, expected: { 'set-cookie': ['a=1; Path=/users/x', 'b=2', 'c=3; Path=/'] } },
  { name: 'the base path of a cookie', given: { 'set-cookie': 'a=1; Path=/v2/x' }, expected: { 'set-cookie': 'a=1; Path=/users/x' } },
  { name: 'cookiePath isolate', given: { 'set-cookie': 'a=1; Path=/' }, expected: { 'set-cookie': 'a=1; Path=/users' }, changes: { cookiePath: 'isolate' } },
  { name: 'cookiePath keep', given: { 'set-cookie': 'a=1; Path=/x' }, expected: { 'set-cookie': 'a=1; Path=/x' }, changes: { cookiePath: 'keep' } },
  { name: 'no other header', given: { link: '</x>; rel=next', 'x-location': '/x' }, expected: { link: '</x>; rel=next', 'x-location': '/x' } },
]

for (const { name, given, expected, changes } of rows) {
  t.test(`the headers of a response: ${name}`, async t => {
    t.strictSame(rewrite(given, changes).headers, expected)
  })
}

t.test('the base is computed once, and only when there is something to rewrite', async t => {
  t.equal(rewrite({ location: '/a', refresh: '0;/b', 'set-cookie': ['a=1', 'b=2'] }).count, 1)
  t.equal(rewrite({ 'content-type': 'text/plain' }).count, 0)
})

t.test('the given headers stay as they are, and only rewritten ones are returned', async t => {
  const location = createLocation({ prefix: '/users' })
  const headers: HeaderRecord = { location: '/a', 'set-cookie': ['a=1; Path=/x'], etag: '"a"' }
  const rewritten = createHeaderRewriter(location)(headers, () => findPublicBase(location, client, {}, 'gw:8000', ''))
  t.strictSame(rewritten, { location: '/users/a', 'set-cookie': ['a=1; Path=/users/x'] })
  t.strictSame(headers, { location: '/a', 'set-cookie': ['a=1; Path=/x'], etag: '"a"' })
})
