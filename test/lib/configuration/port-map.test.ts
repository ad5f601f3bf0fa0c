import t, { type Test } from 'tap'
import type { Problem } from '../../../lib/errors.ts'
import { readPortMap } from '../../../lib/configuration/port-map.ts'
import { resolveOptions } from '../../../lib/options/resolve.ts'

async function read (t: Test, tree: NonNullable<Parameters<Test['testdir']>[0]>, input: object = {}) {
  const problems: Problem[] = []
  const { file, addresses } = await readPortMap(resolveOptions(input, t.testdir(tree), problems), problems)
  return {
    file,
    problems,
    urls: Object.fromEntries([...addresses].map(([name, target]) => [name, target === null ? null : target.url])),
  }
}

t.test('service_ports.json is read when it is there', async t => {
  t.strictSame(await read(t, {}), { file: 'service_ports.json', problems: [], urls: {} })
  const tree = { 'service_ports.json': '{ "apps.users": "127.0.0.1:8001", "b": 8002, "c": "https://c.example/v2" }' }
  t.strictSame(await read(t, tree), { file: 'service_ports.json', problems: [], urls: { 'apps.users': 'http://127.0.0.1:8001', b: 'http://127.0.0.1:8002', c: 'https://c.example/v2' } })
})

t.test('a port is a port of defaultUpstream', async t => {
  t.match(await read(t, { 'service_ports.json': '{ "b": 8002 }' }, { defaultUpstream: '::1' }), { urls: { b: 'http://[::1]:8002' } })
})

t.test('a file that was named is read, and must be there', async t => {
  t.match(await read(t, { run: { 'p.json': '{ "b": 1 }' } }, { portMapFile: 'run/p.json' }), { file: 'run/p.json', problems: [], urls: { b: 'http://127.0.0.1:1' } })
  t.match(await read(t, {}, { portMapFile: 'run/p.json' }), { problems: [{ path: 'portMapFile', message: 'there is no file run/p.json' }] })
})

t.test('a name may be one that JavaScript gives a meaning to', async t => {
  t.match(await read(t, { 'service_ports.json': '{ "__proto__": 1, "constructor": 2 }' }), { problems: [], urls: { constructor: 'http://127.0.0.1:2' } })
})

t.test('a broken file is a problem with line and column', async t => {
  t.strictSame((await read(t, { 'service_ports.json': '{\n  "a": 1,\n}' })).problems, [
    { path: 'service_ports.json', message: 'line 3, column 1: expected a name in double quotes, found "}"' },
  ])
})

for (const content of ['[]', 'null', '"x"']) {
  t.test(`a file that is no object is a problem: ${content}`, async t => {
    t.strictSame((await read(t, { 'service_ports.json': content })).problems, [{ path: 'service_ports.json', message: 'must be an object such as { "apps.users": "127.0.0.1:8001" }' }])
  })
}

const entries: { value: unknown, message: string }[] = [
  { value: 0, message: 'must be an address such as "127.0.0.1:8001" or a port, not 0' },
  { value: 65_536, message: 'must be an address such as "127.0.0.1:8001" or a port, not 65536' },
  { value: 80.5, message: 'must be an address such as "127.0.0.1:8001" or a port, not 80.5' },
  { value: ['a:1'], message: 'must be an address such as "127.0.0.1:8001" or a port, not ["a:1"]' },
  { value: '127.0.0.1', message: '"127.0.0.1" is not an address: it has no port, and neither has its app' },
  { value: 'ftp://a', message: '"ftp://a" is not an address: its scheme must be http, https, h2c or unix' },
]

for (const { value, message } of entries) {
  t.test(`an entry that is no address is a problem: ${JSON.stringify(value)}`, async t => {
    const { urls, problems } = await read(t, { 'service_ports.json': JSON.stringify({ 'apps.users': value, b: 1 }) })
    t.strictSame(problems, [{ path: 'service_ports.json: ["apps.users"]', message }])
    t.strictSame(urls, { 'apps.users': null, b: 'http://127.0.0.1:1' })
  })
}
