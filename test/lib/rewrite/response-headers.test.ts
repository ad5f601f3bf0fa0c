import t from 'tap'
import type { HeaderRecord } from '../../../lib/headers/response.ts'
import { findPlace, type Place } from '../../../lib/rewrite/public-base.ts'
import { createHeaderRewriter } from '../../../lib/rewrite/response-headers.ts'
import { createLocation, createTarget, type LocationChanges } from '../locations.ts'

const client = { address: '203.0.113.7', isSecure: false, isTrusted: false }

/** Rewrites the headers of an answer of the first upstream; tells how often the place was asked for. */
function rewrite (given: HeaderRecord, changes: LocationChanges = {}): { headers: HeaderRecord, asked: number } {
  const location = createLocation({ prefix: '/users', upstreams: [createTarget('http://10.0.0.2:9001', { basePath: '/v2' }), createTarget('http://[::1]:9002')], ...changes })
  const headers: HeaderRecord = Object.assign(Object.create(null), given)
  let asked = 0
  const place = (): Place => {
    asked++
    return findPlace(location, client, {}, 'gw:8000', location.upstreams[0]!.basePath)
  }
  const rewritten = createHeaderRewriter(location)?.(headers, place)
  return { headers: { ...headers, ...rewritten }, asked }
}

t.test('where the client came from is a public URL already', async t => {
  const location = createLocation({ prefix: '/users' })
  const headers: HeaderRecord = { location: 'http://gw:8000/users/cart?x=1' }
  const rewritten = createHeaderRewriter(location)!(headers, () => findPlace(location, client, { referer: 'http://gw:8000/users/cart?x=1' }, 'gw:8000', ''))
  t.equal(rewritten.location, 'http://gw:8000/users/cart?x=1')
})

const rows: { name: string, given: HeaderRecord, expected: HeaderRecord, changes?: LocationChanges }[] = [
  { name: 'a path in Location', given: { location: '/x?a#b' }, expected: { location: '/users/x?a#b' } },
  { name: 'an upstream\'s URL in Location, with its base path', given: { location: 'http://10.0.0.2:9001/v2/x' }, expected: { location: '/users/x' } },
  { name: 'the URL of the asked host in Location', given: { location: 'http://gw:8000/x' }, expected: { location: '/users/x' } },
  { name: 'another host in Location', given: { location: 'https://example.com/x' }, expected: { location: 'https://example.com/x' } },
  { name: 'a relative reference in Location', given: { location: 'x' }, expected: { location: 'x' } },
  { name: 'Content-Location', given: { 'content-location': '/x' }, expected: { 'content-location': '/users/x' } },
  { name: 'Refresh', given: { refresh: '5; url=http://[::1]:9002/x' }, expected: { refresh: '5; url=/users/x' } },
  { name: 'every one of several, in their order', given: { location: ['/a', 'b', '/c'] }, expected: { location: ['/users/a', 'b', '/users/c'] } },
  { name: 'every cookie', given: { 'set-cookie': ['a=1; Path=/x', 'b=2; Domain=10.0.0.2', 'c=3; Domain=[::1]; Path=/'] }, expected: { 'set-cookie': ['a=1; Path=/users/x', 'b=2', 'c=3; Path=/'] } },
  { name: 'the base path of a cookie', given: { 'set-cookie': 'a=1; Path=/v2/x' }, expected: { 'set-cookie': 'a=1; Path=/users/x' } },
  { name: 'cookiePath isolate', given: { 'set-cookie': 'a=1; Path=/' }, expected: { 'set-cookie': 'a=1; Path=/users' }, changes: { cookiePath: 'isolate' } },
  { name: 'cookiePath keep', given: { 'set-cookie': 'a=1; Path=/x' }, expected: { 'set-cookie': 'a=1; Path=/x' }, changes: { cookiePath: 'keep' } },
  { name: 'nothing of an app that knows its prefix', given: { location: '/x', 'set-cookie': 'a=1; Path=/x' }, expected: { location: '/x', 'set-cookie': 'a=1; Path=/x' }, changes: { prefixAware: true } },
  { name: 'no other header', given: { link: '</x>; rel=next', 'x-location': '/x' }, expected: { link: '</x>; rel=next', 'x-location': '/x' } },
]

for (const { name, given, expected, changes } of rows) {
  t.test(`an answer's headers: ${name}`, async t => {
    t.strictSame(rewrite(given, changes).headers, expected)
  })
}

t.test('the place is asked for once, and only when there is something to rewrite', async t => {
  t.equal(rewrite({ location: '/a', refresh: '0;/b', 'set-cookie': ['a=1', 'b=2'] }).asked, 1)
  t.equal(rewrite({ 'content-type': 'text/plain' }).asked, 0)
})

t.test('an app that knows its prefix costs nothing', async t => {
  t.equal(createHeaderRewriter(createLocation({ prefixAware: true })), null)
})
