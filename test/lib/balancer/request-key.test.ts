import t from 'tap'
import { createKeyReader } from '../../../lib/balancer/request-key.ts'

const rows: { name: string, hash: string, rawHeaders?: string[], key: string | undefined }[] = [
  { name: 'the client\'s address', hash: 'ip', key: '203.0.113.7' },
  { name: 'a header', hash: 'header:X-User', rawHeaders: ['Host', 'a', 'X-User', 'ann'], key: 'ann' },
  { name: 'a header in another case', hash: 'header:X-USER', rawHeaders: ['x-uSER', 'ann'], key: 'ann' },
  { name: 'the first of several', hash: 'header:x-user', rawHeaders: ['X-User', 'ann', 'X-User', 'bob'], key: 'ann' },
  { name: 'a value that looks like a name', hash: 'header:x-user', rawHeaders: ['X-Other', 'x-user', 'X-User', 'ann'], key: 'ann' },
  { name: 'a name of the same length', hash: 'header:x-user', rawHeaders: ['X-Uses', 'ann'], key: undefined },
  { name: 'no such header', hash: 'header:x-user', rawHeaders: ['X-Username', 'ann'], key: undefined },
  { name: 'an empty header', hash: 'header:x-user', rawHeaders: ['X-User', ''], key: undefined },
  { name: 'a cookie alone', hash: 'cookie:sid', rawHeaders: ['Cookie', 'sid=1'], key: '1' },
  { name: 'a cookie among others', hash: 'cookie:sid', rawHeaders: ['cookie', 'a=b; sid=1; c=d'], key: '1' },
  { name: 'a cookie without spaces', hash: 'cookie:sid', rawHeaders: ['Cookie', 'a=b;sid=1;c=d'], key: '1' },
  { name: 'a cookie with too many', hash: 'cookie:sid', rawHeaders: ['Cookie', 'a=b;  \tsid = 1 \t; c=d'], key: '1' },
  { name: 'the first of two cookies', hash: 'cookie:sid', rawHeaders: ['Cookie', 'sid=1; sid=2'], key: '1' },
  { name: 'a second line', hash: 'cookie:sid', rawHeaders: ['Cookie', 'a=b', 'X', 'sid=0', 'COOKIE', 'sid=1'], key: '1' },
  { name: 'a value with equals signs', hash: 'cookie:sid', rawHeaders: ['Cookie', 'sid=MQ==; a=b'], key: 'MQ==' },
  { name: 'a quoted value, kept as it is', hash: 'cookie:sid', rawHeaders: ['Cookie', 'sid="1"'], key: '"1"' },
  { name: 'a cookie in another case is another one', hash: 'cookie:sid', rawHeaders: ['Cookie', 'SID=0; sid=1'], key: '1' },
  { name: 'longer names at either end', hash: 'cookie:sid', rawHeaders: ['Cookie', 'sids=0; xsid=0'], key: undefined },
  { name: 'its name within a value', hash: 'cookie:sid', rawHeaders: ['Cookie', 'a=sid=0; sid=1'], key: '1' },
  { name: 'its name without a value', hash: 'cookie:sid', rawHeaders: ['Cookie', 'sid; =0; sidx'], key: undefined },
  { name: 'an empty cookie', hash: 'cookie:sid', rawHeaders: ['Cookie', 'sid='], key: undefined },
  { name: 'no Cookie line', hash: 'cookie:sid', rawHeaders: ['X-Cookie', 'sid=0'], key: undefined },
]

for (const { name, hash, rawHeaders = [], key } of rows) {
  t.test(`key by ${hash}: ${name}`, async t => {
    t.equal(createKeyReader({ hash })!({ rawHeaders, address: () => '203.0.113.7' }), key)
  })
}

t.test('only hash reads a key', async t => {
  for (const rule of ['round-robin', 'least-request', 'ewma', 'random'] as const) t.equal(createKeyReader(rule), null, rule)
})

t.test('the address is asked for only when it decides', async t => {
  const address = () => { throw new Error('asked') }
  t.equal(createKeyReader({ hash: 'header:x' })!({ rawHeaders: ['X', '1'], address }), '1')
  t.equal(createKeyReader({ hash: 'cookie:x' })!({ rawHeaders: ['Cookie', 'x=1'], address }), '1')
})

// Some 1 MB each, far beyond what node takes: in quadratic time the run would not end.
const hostile: { name: string, cookies: string, key: string | undefined }[] = [
  { name: 'spaces', cookies: `${' '.repeat(1e6)}sid=1`, key: '1' },
  { name: 'spaces within', cookies: `a${' '.repeat(1e6)}b=1`, key: undefined },
  { name: 'semicolons', cookies: `${';'.repeat(1e6)}sid=1`, key: '1' },
  { name: 'equals signs', cookies: `${'='.repeat(1e6)};sid=1`, key: '1' },
  { name: 'names without an end', cookies: 'sid;'.repeat(250_000), key: undefined },
  { name: 'one long word', cookies: 'sid'.repeat(300_000), key: undefined },
]

for (const { name, cookies, key } of hostile) {
  t.test(`a long Cookie takes linear time: ${name}`, async t => {
    t.equal(createKeyReader({ hash: 'cookie:sid' })!({ rawHeaders: ['Cookie', cookies], address: () => undefined }), key)
  })
}
