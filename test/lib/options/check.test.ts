import t from 'tap'
import { Type } from '@sinclair/typebox'
import { GatewaySchema } from '../../../lib/options/schema.ts'
import { checkShape, isReported, joinPropertyPath } from '../../../lib/options/check.ts'

const circle: Record<string, unknown> = {}
circle.self = circle

const rows: { name: string, input: unknown, problems: [string, string][] }[] = [
  { name: 'nothing at all', input: {}, problems: [] },
  { name: 'an option that is undefined', input: { upstreams: undefined, timeouts: { connect: undefined } }, problems: [] },
  { name: 'no object', input: 5, problems: [['', 'must be an object, not 5']] },
  { name: 'a list', input: [], problems: [['', 'must be an object, not []']] },
  { name: 'a typing error', input: { instaledApps: [] }, problems: [['instaledApps', 'unknown option "instaledApps"; did you mean "installedApps"?']] },
  { name: 'a typing error further down', input: { apps: [{ name: 'a' }, { name: 'b', adSlashes: true }] }, problems: [['apps[1].adSlashes', 'unknown option "adSlashes"; did you mean "addSlashes"?']] },
  { name: 'an unknown option that is near none', input: { shutdown: { zzzzzzzzzzzzzz: 1 } }, problems: [['shutdown.zzzzzzzzzzzzzz', 'unknown option "zzzzzzzzzzzzzz"; known are delay, gracePeriod']] },
  { name: 'an unknown option with a slash and a tilde', input: { shutdown: { 'a/b~c': 1 } }, problems: [['shutdown["a/b~c"]', 'unknown option "a/b~c"; known are delay, gracePeriod']] },
  { name: 'the prototype', input: JSON.parse('{ "shutdown": { "__proto__": {} } }'), problems: [['shutdown.__proto__', 'unknown option "__proto__"; known are delay, gracePeriod']] },
  { name: 'a string where a flag belongs', input: { addSlashes: 'yes' }, problems: [['addSlashes', 'must be true or false, not "yes"']] },
  { name: 'a flag of several forms', input: { rewriteHost: 'never' }, problems: [['rewriteHost', 'must be true or false or "auto", not "never"']] },
  { name: 'a duration that is none', input: { timeouts: { connect: '5 seconds' } }, problems: [['timeouts.connect', 'must be a whole number of at least 0 or a time such as "250ms", "10s" or "5m", not "5 seconds"']] },
  { name: 'a negative duration', input: { timeouts: { connect: -1 } }, problems: [['timeouts.connect', 'must be a whole number of at least 0 or a time such as "250ms", "10s" or "5m", not -1']] },
  { name: 'a number that is none', input: { timeouts: { connect: NaN } }, problems: [['timeouts.connect', 'must be a whole number of at least 0 or a time such as "250ms", "10s" or "5m", not NaN']] },
  { name: 'half a port', input: { apps: [{ name: 'a', port: 80.5 }] }, problems: [['apps[0].port', 'must be a whole number from 1 to 65535, not 80.5']] },
  { name: 'an app without a name', input: { apps: [{}] }, problems: [['apps[0].name', 'is required: The name of the app.']] },
  { name: 'an app with an empty name', input: { apps: [{ name: '' }] }, problems: [['apps[0].name', 'must be a non-empty string, not ""']] },
  { name: 'an app that is a name', input: { apps: ['users'] }, problems: [['apps[0]', 'must be an object, not "users"']] },
  { name: 'a name where a list belongs', input: { installedApps: 'users' }, problems: [['installedApps', 'must be a list, not "users"']] },
  { name: 'an address that is none', input: { upstreams: { users: 8001 } }, problems: [['upstreams.users', 'must be a string or a list that is not empty, not 8001']] },
  { name: 'an empty list of addresses', input: { upstreams: { users: [] } }, problems: [['upstreams.users', 'must be a list that is not empty, not []']] },
  { name: 'an upstream outside a list', input: { upstreams: { users: { url: 'a:1' } } }, problems: [['upstreams.users', 'must be a string or a list that is not empty, not {"url":"a:1"}']] },
  { name: 'a negative weight in a prefix with dots', input: { upstreams: { 'v1.users': ['a:1', { url: 'b:1', weight: -1 }] } }, problems: [['upstreams["v1.users"][1].weight', 'must be a number of at least 0, not -1']] },
  { name: 'a weight without end', input: { upstreams: { a: [{ url: 'b:1', weight: Infinity }] } }, problems: [['upstreams.a[0].weight', 'must be a number of at least 0, not Infinity']] },
  { name: 'the empty prefix and one of digits', input: { upstreams: { '': 5, 42: 5 } }, problems: [['upstreams[42]', 'must be a string or a list that is not empty, not 5'], ['upstreams[""]', 'must be a string or a list that is not empty, not 5']] },
  { name: 'a rewrite without a replacement', input: { rewrite: ['^/a'] }, problems: [['rewrite', 'must be a list of 2, not ["^/a"]']] },
  { name: 'a function', input: { apps: () => [] }, problems: [['apps', 'must be a list, not a function']] },
  { name: 'a circle', input: { apps: circle }, problems: [['apps', 'must be a list, not an object that is no JSON']] },
  { name: 'a big integer', input: { appsDir: 1n }, problems: [['appsDir', 'must be a string, not 1']] },
  { name: 'something long', input: { addSlashes: 'x'.repeat(100) }, problems: [['addSlashes', `must be true or false, not "${'x'.repeat(56)}...`]] },
  { name: 'a path without its slash', input: { openapi: { documents: ['spec'] } }, problems: [['openapi.documents[0]', 'must be a path, which begins with "/", not "spec"']] },
  { name: 'several at once', input: { addSlashes: 1, server: { maxHeaderSize: '1 KB' }, nope: 1 }, problems: [['nope', ''], ['addSlashes', 'must be true or false, not 1'], ['server.maxHeaderSize', 'must be a whole number of at least 0 or a size such as "64KB" or "10MB", not "1 KB"']] },
]

for (const { name, input, problems } of rows) {
  t.test(`a configuration is checked: ${name}`, async t => {
    const found = checkShape(GatewaySchema, input)
    t.strictSame(found.map(({ path }) => path), problems.map(([path]) => path))
    for (const [index, [, message]] of problems.entries()) if (message !== '') t.equal(found[index]?.message, message)
  })
}

t.test('problems stand where the data stands', async t => {
  const schema = Type.Object({ port: Type.Integer() })
  t.strictSame(checkShape(schema, {}, 'apps/users/app.config.json: '), [{ path: 'apps/users/app.config.json: port', message: 'is required: add it' }])
  t.strictSame(checkShape(schema, { port: undefined }), [{ path: 'port', message: 'must be a whole number, not missing' }])
})

t.test('a number without bounds, and a list without bounds, are described as such', async t => {
  t.equal(checkShape(Type.Number(), 'a')[0]?.message, 'must be a number, not "a"')
  t.equal(checkShape(Type.Array(Type.Number()), null)[0]?.message, 'must be a list, not null')
})

t.test('a place is written as in JavaScript', async t => {
  t.equal(joinPropertyPath(['apps', '0', 'upstreams', 'v1.users', 'x']), 'apps[0].upstreams["v1.users"].x')
  t.equal(joinPropertyPath([]), '')
})

t.test('a place is reported when a problem is there or below, and not when one is beside it', async t => {
  const at = (path: string) => isReported([{ path, message: '' }], 'apps[1].upstreams')
  t.ok(at('apps[1].upstreams'))
  t.ok(at('apps[1].upstreams[0].weight'))
  t.ok(at('apps[1].upstreams.x'))
  t.notOk(at('apps[1].upstreamsX'))
  t.notOk(at('apps[1]'))
  t.notOk(at('apps[10].upstreams'))
})
