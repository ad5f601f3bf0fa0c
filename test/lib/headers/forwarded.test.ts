import t from 'tap'
import { type ForwardedClaims, forwardingHeaders, type Peer } from '../../../lib/headers/forwarded.ts'

const client: Peer = { address: '203.0.113.7', isSecure: false, isTrusted: false }
const proxy: Peer = { address: '10.0.0.1', isSecure: false, isTrusted: true }

interface Row {
  name: string
  peer?: Peer
  host?: string
  prefix?: string
  claims?: ForwardedClaims | null
  expected: Record<string, string>
}

const rows: Row[] = [
  {
    name: 'a client of its own',
    peer: client,
    host: 'shop.example',
    prefix: '/users',
    claims: null,
    expected: { For: '203.0.113.7', Proto: 'http', Port: '80', Host: 'shop.example', Prefix: '/users' },
  },
  {
    name: 'over TLS, with a port',
    peer: { ...client, isSecure: true },
    host: 'shop.example:8443',
    claims: null,
    expected: { For: '203.0.113.7', Proto: 'https', Port: '8443', Host: 'shop.example:8443' },
  },
  { name: 'over TLS, without one', peer: { ...client, isSecure: true }, host: '[2001:db8::1]', claims: null, expected: { For: '203.0.113.7', Proto: 'https', Port: '443', Host: '[2001:db8::1]' } },
  { name: 'without a Host', peer: client, claims: null, expected: { For: '203.0.113.7', Proto: 'http', Port: '80' } },
  { name: 'a trusted proxy that says nothing', host: 'a', claims: {}, expected: { For: '10.0.0.1', Proto: 'http', Port: '80', Host: 'a' } },
  {
    name: 'a trusted proxy that says everything',
    host: 'inner',
    prefix: '/users',
    claims: { for: '203.0.113.7, 10.0.0.9', proto: 'https', host: 'shop.example', port: '8443', prefix: '/shop/' },
    expected: { For: '203.0.113.7, 10.0.0.9, 10.0.0.1', Proto: 'https', Port: '8443', Host: 'shop.example', Prefix: '/shop/users' },
  },
  { name: 'the port of a trusted host', host: 'inner:1', claims: { host: 'shop.example:444' }, expected: { For: '10.0.0.1', Proto: 'http', Port: '444', Host: 'shop.example:444' } },
  { name: 'wss is secure', host: 'a', claims: { proto: 'WSS' }, expected: { For: '10.0.0.1', Proto: 'WSS', Port: '443', Host: 'a' } },
  {
    name: 'Forwarded stands in where X-Forwarded-* is silent, and is continued',
    host: 'inner',
    claims: { forwarded: 'for=203.0.113.7;proto=https;host="shop.example"' },
    expected: {
      For: '203.0.113.7, 10.0.0.1',
      Proto: 'https',
      Port: '443',
      Host: 'shop.example',
      Forwarded: 'for=203.0.113.7;proto=https;host="shop.example", for=10.0.0.1;proto=http;host="inner"',
    },
  },
  {
    name: 'X-Forwarded-* outranks Forwarded',
    host: 'inner',
    claims: { for: '198.51.100.1', proto: 'http', host: 'x.example', forwarded: 'for=203.0.113.7;proto=https;host=y.example' },
    expected: {
      For: '198.51.100.1, 10.0.0.1',
      Proto: 'http',
      Port: '80',
      Host: 'x.example',
      Forwarded: 'for=203.0.113.7;proto=https;host=y.example, for=10.0.0.1;proto=http;host="inner"',
    },
  },
  {
    name: 'nodes lose their ports and brackets, other names stay',
    claims: { forwarded: 'For="[2001:db8::1]:4711", for=192.0.2.1:80, for=unknown, for=_hidden, for="a\\"b"' },
    expected: {
      For: '2001:db8::1, 192.0.2.1, unknown, _hidden, a"b, 10.0.0.1',
      Proto: 'http',
      Port: '80',
      Forwarded: 'For="[2001:db8::1]:4711", for=192.0.2.1:80, for=unknown, for=_hidden, for="a\\"b", for=10.0.0.1;proto=http',
    },
  },
  {
    // The client invented the first element; only the second is the trusted proxy's.
    name: 'protocol and host of an element that the trusted proxy did not write are not believed',
    host: 'inner',
    claims: { forwarded: 'proto=https;host="evil,example", for=203.0.113.7' },
    expected: {
      For: '203.0.113.7, 10.0.0.1',
      Proto: 'http',
      Port: '80',
      Host: 'inner',
      Forwarded: 'proto=https;host="evil,example", for=203.0.113.7, for=10.0.0.1;proto=http;host="inner"',
    },
  },
  {
    name: 'a comma in quotes ends no element',
    claims: { forwarded: 'proto=https;x="a,b";by=z' },
    expected: { For: '10.0.0.1', Proto: 'https', Port: '443', Forwarded: 'proto=https;x="a,b";by=z, for=10.0.0.1;proto=http' },
  },
  {
    name: 'an IPv6 proxy is quoted',
    peer: { address: '2001:db8::2', isSecure: true, isTrusted: true },
    host: 'inner',
    claims: { forwarded: 'for=unknown' },
    expected: { For: 'unknown, 2001:db8::2', Proto: 'https', Port: '443', Host: 'inner', Forwarded: 'for=unknown, for="[2001:db8::2]";proto=https;host="inner"' },
  },
]

for (const { name, peer = proxy, host, prefix = '', claims = null, expected } of rows) {
  t.test(`forwarding headers: ${name}`, async t => {
    const flat = forwardingHeaders(peer, host, prefix, claims)
    const found = Object.fromEntries(flat.flatMap((name, i) => i % 2 === 0 ? [[name.replace('X-Forwarded-', ''), flat[i + 1]!]] : []))
    t.strictSame(found, expected)
  })
}

t.test('a long Forwarded without sense is read in linear time', async t => {
  const start = performance.now()
  forwardingHeaders(proxy, 'a', '', { forwarded: 'a'.repeat(200_000) })
  forwardingHeaders(proxy, 'a', '', { forwarded: 'a="\\"'.repeat(40_000) })
  t.ok(performance.now() - start < 1000)
})
