import { join } from 'node:path'
import t from 'tap'
import { loadOptions } from '../../../lib/options/load-options.ts'
import type { GatewayOptions } from '../../../lib/options/schema.ts'

t.test('without a file the flags are everything, relative to the working directory', async t => {
  const dir = t.testdir()
  t.strictSame(await loadOptions(dir), { input: {}, baseDir: dir })
  t.strictSame(await loadOptions(dir, undefined, { addSlashes: true }), { input: { addSlashes: true }, baseDir: dir })
})

t.test('the file of the working directory is found', async t => {
  const dir = t.testdir({ 'gateway.config.json': '{"appsDir": "a"}' })
  t.strictSame(await loadOptions(dir), { input: { appsDir: 'a' }, baseDir: dir })
})

t.test('no file is read when none is wanted', async t => {
  const dir = t.testdir({ 'gateway.config.json': '{"appsDir": "a"}' })
  t.strictSame(await loadOptions(dir, false), { input: {}, baseDir: dir })
})

t.test('a file that is named is taken instead, and paths are relative to it', async t => {
  const dir = t.testdir({ 'gateway.config.json': '{"appsDir": "a"}', etc: { 'other.json': '{"appsDir": "b"}' } })
  t.strictSame(await loadOptions(dir, 'etc/other.json'), { input: { appsDir: 'b' }, baseDir: join(dir, 'etc') })
  t.match(await loadOptions('/', join(dir, 'etc/other.json')), { baseDir: join(dir, 'etc') }, 'also by its whole path')
})

t.test('a file that is named and missing is an error', async t => {
  await t.rejects(loadOptions(t.testdir(), 'missing.json'), { code: 'GW_ERR_CONFIG' })
})

const merges: { name: string, file: unknown, flags?: GatewayOptions, expected: unknown }[] = [
  { name: 'flags win', file: { appsDir: 'a', addSlashes: true }, flags: { appsDir: 'b' }, expected: { appsDir: 'b', addSlashes: true } },
  {
    name: 'upstreams are merged prefix by prefix, however a prefix is written',
    file: { upstreams: { '/users/': 'a:1', orders: 'b:1' } },
    flags: { upstreams: { users: 'c:1', '': 'd:1' } },
    expected: { upstreams: { orders: 'b:1', users: 'c:1', '': 'd:1' } },
  },
  { name: 'upstreams of the flags stand alone where the file has none', file: {}, flags: { upstreams: { users: 'c:1' } }, expected: { upstreams: { users: 'c:1' } } },
  { name: 'upstreams of the file stay without flags', file: { upstreams: { '/users/': 'a:1' } }, expected: { upstreams: { '/users/': 'a:1' } } },
  { name: 'a prefix that cannot be one stays, to be reported', file: { upstreams: { 'a b': 'a:1', '..': 'x:1' } }, flags: { upstreams: { 'c d': 'b:1', '..': 'y:1' } }, expected: { upstreams: { 'a b': 'a:1', 'c d': 'b:1', '..': 'y:1' } } },
  { name: 'upstreams that are text stay, to be reported', file: { upstreams: 'a:1' }, flags: { upstreams: { users: 'c:1' } }, expected: { upstreams: 'a:1' } },
  { name: 'tls is merged property by property', file: { tls: { cert: 'a.pem', key: 'a.key' } }, flags: { tls: { cert: '/b.pem' } as never }, expected: { tls: { cert: '/b.pem', key: 'a.key' } } },
  { name: 'tls of the flags stands alone where the file has none', file: {}, flags: { tls: { cert: '/b.pem', key: '/b.key' } }, expected: { tls: { cert: '/b.pem', key: '/b.key' } } },
  { name: 'tls that is text stays, to be reported', file: { tls: 'a.pem' }, flags: { tls: { cert: '/b.pem', key: '/b.key' } }, expected: { tls: 'a.pem' } },
  { name: 'and a list', file: { upstreams: ['a:1'] }, flags: { upstreams: { users: 'c:1' } }, expected: { upstreams: ['a:1'] } },
  { name: 'and null', file: { upstreams: null }, flags: { upstreams: { users: 'c:1' } }, expected: { upstreams: null } },
  { name: 'a file that holds a list is reported as it is', file: [1], flags: { appsDir: 'b' }, expected: [1] },
  { name: 'and one that holds null', file: null, flags: { appsDir: 'b' }, expected: null },
  { name: 'and one that holds text', file: 'x', flags: { appsDir: 'b' }, expected: 'x' },
]

for (const { name, file, flags, expected } of merges) {
  t.test(`merging: ${name}`, async t => {
    const dir = t.testdir({ 'gateway.config.json': JSON.stringify(file) })
    const given = structuredClone(flags)
    t.strictSame((await loadOptions(dir, undefined, flags)).input, expected)
    t.strictSame(flags, given, 'the flags are untouched')
  })
}
