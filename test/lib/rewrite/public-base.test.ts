import type { IncomingHttpHeaders } from 'node:http'
import t from 'tap'
import { findPublicBase } from '../../../lib/rewrite/public-base.ts'
import { createLocation, createTarget } from '../locations.ts'

const client = { address: '203.0.113.7', isSecure: false, isTrusted: false }
const proxy = { address: '10.0.0.1', isSecure: false, isTrusted: true }
const location = createLocation({ prefix: '/users', upstreams: [createTarget('http://127.0.0.1:9001')] })

const claims = { 'x-forwarded-host': 'api.example', 'x-forwarded-proto': 'https', 'x-forwarded-prefix': '/public' }

interface Row {
  name: string
  peer?: typeof client
  headers?: IncomingHttpHeaders
  host?: string | undefined
  expected: { prefix?: string, clientHosts?: string[], origin: string }
}

const rows: Row[] = [
  { name: 'the host that was requested', expected: { clientHosts: ['gw:8000'], origin: 'http://gw:8000' } },
  { name: 'over TLS', peer: { ...client, isSecure: true }, expected: { origin: 'https://gw:8000' } },
  { name: 'no host, as in HTTP/1.0', host: undefined, expected: { clientHosts: [], origin: 'http://localhost' } },
  { name: 'what an untrusted client claims is nothing', headers: claims, expected: { prefix: '/users', clientHosts: ['gw:8000'], origin: 'http://gw:8000' } },
  { name: 'what a trusted proxy claims counts', peer: proxy, headers: claims, expected: { prefix: '/public/users', clientHosts: ['api.example', 'gw:8000'], origin: 'https://api.example' } },
  { name: 'a trusted proxy that claims nothing', peer: { ...proxy, isSecure: true }, expected: { prefix: '/users', clientHosts: ['gw:8000'], origin: 'https://gw:8000' } },
  { name: 'a trusted proxy, and no host', peer: proxy, headers: claims, host: undefined, expected: { clientHosts: ['api.example'], origin: 'https://api.example' } },
  {
    name: 'several proxies, the first of which saw the client',
    peer: proxy,
    headers: { 'x-forwarded-host': ' api.example , edge:81', 'x-forwarded-proto': 'https, http', 'x-forwarded-prefix': '/a, /b' },
    expected: { prefix: '/a/users', clientHosts: ['api.example', 'edge:81', 'gw:8000'], origin: 'https://api.example' },
  },
  { name: 'a proxy that speaks RFC 7239', peer: proxy, headers: { forwarded: 'for=192.0.2.1;proto=https;host=api.example' }, expected: { clientHosts: ['api.example', 'gw:8000'], origin: 'https://api.example' } },
  { name: 'lines of their own', peer: proxy, headers: { 'x-forwarded-host': ['api.example', 'edge'] as unknown as string }, expected: { clientHosts: ['api.example', 'edge', 'gw:8000'], origin: 'http://api.example' } },
  { name: 'empty claims are none', peer: proxy, headers: { 'x-forwarded-host': ' ,', 'x-forwarded-proto': '', 'x-forwarded-prefix': '' }, expected: { prefix: '/users', clientHosts: ['gw:8000'], origin: 'http://gw:8000' } },
  { name: 'a prefix that ends in slashes', peer: proxy, headers: { 'x-forwarded-prefix': '/a//' }, expected: { prefix: '/a/users', origin: 'http://gw:8000' } },
  { name: 'a prefix that is only a slash', peer: proxy, headers: { 'x-forwarded-prefix': '/' }, expected: { prefix: '/users', origin: 'http://gw:8000' } },
]

for (const row of rows) {
  const { name, peer = client, headers = {}, expected } = row
  t.test(`the public base of a location: ${name}`, async t => {
    const host = 'host' in row ? row.host : 'gw:8000'
    t.has(findPublicBase(location, peer, headers, host, ''), expected)
  })
}

t.test('it knows the upstreams, and the base path of the one that responded', async t => {
  const { upstreams, basePath } = findPublicBase(location, client, {}, 'gw', '/v2')
  t.equal(upstreams, location.upstreams)
  t.equal(basePath, '/v2')
})

t.test('a location of the empty prefix has only the proxy\'s', async t => {
  t.equal(findPublicBase({ ...location, prefix: '' }, proxy, claims, 'gw', '').prefix, '/public')
  t.equal(findPublicBase({ ...location, prefix: '' }, client, {}, 'gw', '').prefix, '')
})

t.test('slashes take linear time', async t => {
  const start = performance.now()
  findPublicBase(location, proxy, { 'x-forwarded-prefix': `${'/'.repeat(200_000)}x` }, 'gw', '')
  t.ok(performance.now() - start < 1000)
})
