import t from 'tap'
import { addUpstreamFlag, parseUpstreamFlag } from '../../cli/upstream-flag.ts'

const right = {
  'one address': ['users=127.0.0.1:8001', '/users', [{ url: '127.0.0.1:8001' }]],
  'a URL with a path': ['users=http://h:1/v2', '/users', [{ url: 'http://h:1/v2' }]],
  'a bare host': ['users=backend', '/users', [{ url: 'backend' }]],
  'several addresses': ['users=a:1,b:2,c:3', '/users', [{ url: 'a:1' }, { url: 'b:2' }, { url: 'c:3' }]],
  'weights on some': ['users=a:1*3,b:2', '/users', [{ url: 'a:1', weight: 3 }, { url: 'b:2' }]],
  'a weight of 0': ['users=a:1*0,b:2*1', '/users', [{ url: 'a:1', weight: 0 }, { url: 'b:2', weight: 1 }]],
  'a weight that is a fraction': ['users=a:1*0.5', '/users', [{ url: 'a:1', weight: 0.5 }]],
  'spaces in a quoted argument': ['users=a:1 * 3, b:2', '/users', [{ url: 'a:1', weight: 3 }, { url: 'b:2' }]],
  'an IPv6 literal': ['users=[::1]:8001*2', '/users', [{ url: '[::1]:8001', weight: 2 }]],
  'an IPv6 literal in a URL': ['users=http://[fe80::1]:80', '/users', [{ url: 'http://[fe80::1]:80' }]],
  'an IPv6 literal that takes the app\'s port': ['users=[::1]', '/users', [{ url: '[::1]' }]],
  'HTTP/2 without TLS': ['users=h2c://h:50051*2', '/users', [{ url: 'h2c://h:50051', weight: 2 }]],
  'a Unix socket': ['users=unix:/run/a.sock*2,unix:/run/b.sock:/v2', '/users', [{ url: 'unix:/run/a.sock', weight: 2 }, { url: 'unix:/run/b.sock:/v2' }]],
  'the empty prefix': ['=127.0.0.1:9000', '', [{ url: '127.0.0.1:9000' }]],
  'the empty prefix as a slash': ['/=127.0.0.1:9000', '', [{ url: '127.0.0.1:9000' }]],
  'a prefix with slashes': ['/api/users/=a:1', '/api/users', [{ url: 'a:1' }]],
  'an address with an equals sign': ['users=http://h:1/a=b', '/users', [{ url: 'http://h:1/a=b' }]],
} as const

for (const [name, [text, prefix, upstreams]] of Object.entries(right)) {
  t.test(`--upstream takes ${name}`, async t => t.same(parseUpstreamFlag(text), { prefix, upstreams }))
}

const wrong = {
  'a missing equals sign': ['users', /^Write PREFIX=ADDRESS/],
  'a missing address': ['users=', /^There is no address/],
  'an empty item in the list': ['users=a:1,,b:2', /^There is no address/],
  'a weight without an address': ['users=*3', /^There is no address/],
  'a weight that is no number': ['users=a:1*x', /^The weight of a:1 must be a number of at least 0, not "x"$/],
  'an empty weight': ['users=a:1*', /^The weight of a:1 .* not ""$/],
  'a weight below 0': ['users=a:1*-1', /^The weight of a:1 .* not "-1"$/],
  'a weight that is a number only to JavaScript': ['users=a:1*0x10', /^The weight of a:1 .* not "0x10"$/],
  'two weights': ['users=a:1*2*3', /^"a:1\*2" is not an address$/],
  'an IPv6 address without brackets': ['users=::1', /^An IPv6 address stands in brackets: \[::1\]$/],
  'a prefix that is a pattern': ['us*rs=a:1', /^"us\*rs" cannot be a prefix$/],
  'a prefix that climbs': ['../users=a:1', /^"..\/users" cannot be a prefix$/],
} as const

for (const [name, [text, message]] of Object.entries(wrong)) {
  t.test(`--upstream refuses ${name}`, async t => t.match(parseUpstreamFlag(text), message))
}

t.test('flags for one prefix add up, and those of another stay apart', async t => {
  const first = addUpstreamFlag(undefined, { prefix: '/users', upstreams: [{ url: 'a:1' }] })
  const second = addUpstreamFlag(first, { prefix: '/users', upstreams: [{ url: 'b:2', weight: 2 }] })
  const third = addUpstreamFlag(second, { prefix: '', upstreams: [{ url: 'c:3' }] })
  t.same(third, { '/users': [{ url: 'a:1' }, { url: 'b:2', weight: 2 }], '': [{ url: 'c:3' }] })
  t.same(first, { '/users': [{ url: 'a:1' }] }, 'what was known stays as it is')
})
