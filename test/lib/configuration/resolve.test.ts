import { deserialize, serialize } from 'node:v8'
import t from 'tap'
import { withDiscoveryDefaults } from '../../../lib/configuration/load.ts'
import { resolveConfiguration } from '../../../lib/configuration/resolve.ts'
import type { GatewayConfigError } from '../../../lib/errors.ts'

const pythonProject = {
  'manage.py': '',
  'service_ports.json': '{ "apps.users": "127.0.0.1:8001", "apps.billing": "127.0.0.1:8002", "apps.removed": "127.0.0.1:8003" }',
  apps: {
    '__init__.py': '',
    __pycache__: { 'urls.py': '' },
    users: { '__init__.py': '', 'urls.py': '' },
    billing: { '__init__.py': '', 'urls.py': '' },
    core: { 'models.py': '' },
  },
}

async function problemsOf (input: unknown, dir: string): Promise<string[]> {
  const error: GatewayConfigError = await resolveConfiguration(input, dir).then(() => t.fail('it is valid'), error => error)
  t.equal(error.code, 'GW_ERR_CONFIG')
  return error.problems.map(({ path }) => path)
}

t.test('a project of Python packages runs as it is', async t => {
  const dir = t.testdir(pythonProject)
  const { apps, locations } = await resolveConfiguration(withDiscoveryDefaults(undefined, dir), dir)
  t.match(locations, [
    { name: 'billing', prefix: '/billing', kind: 'app', upstreams: [{ url: 'http://127.0.0.1:8002' }] },
    { name: 'users', prefix: '/users', kind: 'app', upstreams: [{ url: 'http://127.0.0.1:8001' }] },
  ])
  t.equal(locations.length, 2)
  t.match(apps.find(({ name }) => name === 'core'), { isExported: false, reason: 'has no urls file, no routes and no "export": true' })
})

t.test('a plugin registered in code does not guess', async t => {
  const dir = t.testdir(pythonProject)
  t.match(await resolveConfiguration({}, dir), { apps: [], locations: [] })
})

t.test('manifests, the port map, inline apps and extra proxies make one table', async t => {
  const dir = t.testdir({
    'service_ports.json': '{ "apps.users": 8001 }',
    apps: {
      users: { 'urls.py': '', 'app.config.json': '{ "addSlashes": true }' },
      shop: { 'routes.ts': '', 'app.config.mjs': 'export default { prefix: "/store", upstreams: ["10.0.0.5", { url: "10.0.0.6", weight: 3 }], port: 9000 }' },
    },
    node_modules: { '@acme': { admin: { 'package.json': '{ "name": "@acme/admin", "gateway": { "export": true, "port": 8004 } }' } } },
  })
  const { locations } = await resolveConfiguration({
    installedApps: ['*', '@acme/admin'],
    apps: [{ name: 'search', port: 8005 }],
    extraProxy: [{ prefix: '', url: 'https://www.example.com' }],
    upstreams: { search: 'search.internal' },
  }, dir)
  t.strictSame(locations.map(({ name, prefix, upstreams }) => [name, prefix, ...upstreams.map(({ url, weight }) => `${url}*${weight}`)]), [
    ['search', '/search', 'http://search.internal:8005*1'],
    ['shop', '/store', 'http://10.0.0.5:9000*1', 'http://10.0.0.6:9000*3'],
    ['users', '/users', 'http://127.0.0.1:8001*1'],
    ['@acme/admin', '/admin', 'http://127.0.0.1:8004*1'],
    ['/', '', 'https://www.example.com*1'],
  ])
  t.equal(locations[2]?.addSlashes, true)
})

t.test('everything that is wrong is in one error', async t => {
  const dir = t.testdir({
    'service_ports.json': '{ "apps.users": "ftp://h" }',
    apps: { users: { 'urls.py': '' }, shop: { 'urls.py': '' }, bad: { 'urls.py': '', 'app.config.json': '{ "weigth": 1 }' } },
  })
  t.strictSame(await problemsOf({
    instaledApps: [],
    installedApps: ['*', 'nobody'],
    noExportApps: ['nothing'],
    apps: [{ name: 'x', prefix: 'shop', port: 1, rewrite: ['(', ''] }],
    extraProxy: [{ prefix: 'y' }],
    upstreams: { z: 'h:1' },
    trustedProxies: ['nowhere'],
    defaultUpstream: 'http://h',
  }, dir), [
    'instaledApps', 'defaultUpstream', 'trustedProxies[0]',
    'installedApps[1]', 'apps/bad/app.config.json: weigth', 'noExportApps[0]',
    'service_ports.json: ["apps.users"]',
    'upstreams.z', 'apps[0].prefix', 'apps/bad/app.config.json', 'apps/shop', 'apps[0].rewrite', 'extraProxy[0]',
  ])
})

const consequences: { name: string, tree: object, input: object, problems: string[] }[] = [
  { name: 'a broken port map', tree: { 'service_ports.json': '{', apps: { users: { 'urls.py': '' } } }, input: { installedApps: ['*'] }, problems: ['service_ports.json'] },
  { name: 'a port map that is not there', tree: { apps: { users: { 'urls.py': '' } } }, input: { installedApps: ['*'], portMapFile: 'ports.json' }, problems: ['portMapFile'] },
  { name: 'a broken manifest', tree: { apps: { users: { 'urls.py': '', 'app.config.json': '{' } } }, input: { installedApps: ['*'], upstreams: { people: 'h:1' } }, problems: ['apps/users/app.config.json'] },
  { name: 'two manifests', tree: { apps: { users: { 'urls.py': '', 'app.config.json': '{}', 'app.config.js': '' } } }, input: { installedApps: ['*'] }, problems: ['apps/users'] },
  { name: 'wrong upstreams in a manifest', tree: { apps: { users: { 'urls.py': '', 'app.config.json': '{ "upstreams": [] }' } } }, input: { installedApps: ['*'] }, problems: ['apps/users/app.config.json: upstreams'] },
  { name: 'wrong upstreams in a package.json', tree: { apps: { users: { 'urls.py': '', 'package.json': '{ "gateway": { "upstreams": 5 } }' } } }, input: { installedApps: ['*'] }, problems: ['apps/users/package.json: gateway.upstreams'] },
]

for (const { name, tree, input, problems } of consequences) {
  t.test(`one mistake is one problem: ${name}`, async t => {
    t.strictSame(await problemsOf(input, t.testdir(tree as Parameters<typeof t.testdir>[0])), problems)
  })
}

t.test('a configuration is data, which another process can have', async t => {
  const dir = t.testdir(pythonProject)
  const configuration = await resolveConfiguration({
    installedApps: ['*'],
    trustedProxies: ['10.0.0.0/8'],
    addCorsHeaders: true,
    rewrite: ['^/a(.*)', '/b$1'],
    healthCheck: { path: '/health' },
    static: { root: 'apps' },
  }, dir)
  t.strictSame(deserialize(serialize(configuration)), configuration)
})
