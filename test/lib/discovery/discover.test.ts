import t, { type Test } from 'tap'
import type { Problem } from '../../../lib/errors.ts'
import { type App, listAppNames } from '../../../lib/discovery/app.ts'
import { discoverApps } from '../../../lib/discovery/discover.ts'
import { resolveOptions } from '../../../lib/options/resolve.ts'

type Tree = NonNullable<Parameters<Test['testdir']>[0]>

async function discover (t: Test, tree: Tree, input: object) {
  const dir = t.testdir(tree)
  const problems: Problem[] = []
  const apps = await discoverApps(resolveOptions(input, dir, problems), problems)
  return {
    dir,
    apps,
    problems,
    names: apps.map(({ name }) => name),
    exported: apps.filter(app => app.isExported).map(({ name }) => name),
  }
}

const served = () => ({ 'urls.py': '' })
const manifest = (content: object) => ({ 'app.config.json': JSON.stringify(content) })

t.test('a plain name is a folder in appsDir, which has its label and prefix', async t => {
  const { apps, problems, dir } = await discover(t, { apps: { users: served() } }, { installedApps: ['users'] })
  t.same(problems, [])
  t.match(apps, [{
    name: 'users',
    label: 'users',
    prefix: '/users',
    dir: `${dir}/apps/users`,
    dottedPath: 'apps.users',
    baseDir: `${dir}/apps/users`,
    isExported: true,
    reason: 'has urls.py',
    source: 'apps/users',
    fieldBase: 'apps/users: ',
  }])
})

t.test('appsDir may be called something else, and may be outside of the project', async t => {
  const { apps } = await discover(t, { services: { users: served() } }, { appsDir: 'services', installedApps: ['users'] })
  t.match(apps, [{ dottedPath: 'services.users' }])
  const other = t.testdir({ project: {}, shared: { users: served() } })
  const outside = await discoverApps(resolveOptions({ appsDir: '../shared', installedApps: ['users'] }, `${other}/project`, []), [])
  t.match(outside, [{ dottedPath: null, source: `${other}/shared/users` }])
  t.strictSame(listAppNames(outside[0]!), ['users', 'users'])
})

const entries: { name: string, tree: Tree, entry: string, found: Partial<App> }[] = [
  { name: 'a dotted name, from the project', tree: { apps: { users: served() } }, entry: 'apps.users', found: { name: 'apps.users', label: 'users', prefix: '/users', source: 'apps/users' } },
  { name: 'a dotted name, from appsDir', tree: { apps: { admin: { users: served() } } }, entry: 'admin.users', found: { name: 'admin.users', label: 'users', source: 'apps/admin/users' } },
  { name: 'a dotted name, the project before appsDir', tree: { admin: { users: served() }, apps: { admin: { users: {} } } }, entry: 'admin.users', found: { source: 'admin/users' } },
  { name: 'a folder with a dot in its name', tree: { apps: { 'v1.users': served() } }, entry: 'v1.users', found: { name: 'v1.users', label: 'users', source: 'apps/v1.users' } },
  { name: 'a path', tree: { services: { users: served() } }, entry: './services/users', found: { name: 'users', label: 'users', dottedPath: 'services.users' } },
  { name: 'a path without a dot at its beginning', tree: { services: { users: served() } }, entry: 'services/users/', found: { name: 'users', prefix: '/users' } },
  { name: 'a path as Windows writes it', tree: { services: { users: served() } }, entry: 'services\\users', found: { name: 'users', source: 'services/users' } },
  { name: 'a package', tree: { node_modules: { 'gw-users.js': { 'package.json': '{}', ...served() } } }, entry: 'gw-users.js', found: { name: 'gw-users.js', label: 'gw-users.js', prefix: '/gw-users_js', dottedPath: null } },
  { name: 'a scoped package', tree: { node_modules: { '@acme': { users: { 'package.json': '{ "exports": {} }', ...served() } } } }, entry: '@acme/users', found: { name: '@acme/users', label: 'users', prefix: '/users' } },
  { name: 'a folder before a package of the same name', tree: { apps: { users: served() }, node_modules: { users: { 'package.json': '{}' } } }, entry: 'users', found: { source: 'apps/users' } },
]

for (const { name, tree, entry, found } of entries) {
  t.test(`an entry of installedApps is found: ${name}`, async t => {
    const { apps, problems } = await discover(t, tree, { installedApps: [entry] })
    t.same(problems, [])
    t.match(apps, [{ ...found, isExported: true }])
  })
}

t.test('a package is found in a node_modules further up', async t => {
  const dir = t.testdir({ node_modules: { 'gw-orders': { 'package.json': '{}', ...served() } }, packages: { gateway: {} } })
  t.match(await discoverApps(resolveOptions({ installedApps: ['gw-orders'] }, `${dir}/packages/gateway`, []), []), [{ dir: `${dir}/node_modules/gw-orders` }])
})

t.test('a workspace that is named by its folder and by its package is one app', async t => {
  const { names, problems } = await discover(t, {
    packages: { users: { 'package.json': '{}', ...served() } },
    node_modules: { '@acme': { users: t.fixture('symlink', '../../packages/users') } },
  }, { installedApps: ['./packages/users', '@acme/users'] })
  t.same(problems, [])
  t.strictSame(names, ['users'])
})

t.test('"*" is every folder in appsDir, sorted, but none that cannot be an app', async t => {
  const { names, exported, problems } = await discover(t, {
    apps: { users: served(), billing: served(), templates: { 'a.html': '' }, '.git': served(), __pycache__: served(), node_modules: served(), '__init__.py': '', linked: t.fixture('symlink', '../elsewhere') },
    elsewhere: served(),
  }, { installedApps: ['*'] })
  t.same(problems, [])
  t.strictSame(names, ['billing', 'linked', 'templates', 'users'])
  t.strictSame(exported, ['billing', 'linked', 'users'])
})

t.test('an app that is named several times is one, under its first name', async t => {
  const { names, problems } = await discover(t, { apps: { users: served(), billing: served() } }, { installedApps: ['apps.users', 'users', '*', './apps/users', '*'] })
  t.same(problems, [])
  t.strictSame(names, ['apps.users', 'billing'])
})

t.test('"*" without appsDir is a problem', async t => {
  const { problems } = await discover(t, { 'urls.py': '' }, { installedApps: ['users', '*'], appsDir: 'src' })
  t.match(problems, [{ path: 'installedApps[0]' }, { path: 'installedApps[1]', message: 'there is no folder src in which "*" could find apps; set "appsDir"' }])
})

const missing: { entry: string, message: string }[] = [
  { entry: 'usrs', message: 'there is no app "usrs": looked in apps/usrs, node_modules/usrs; did you mean apps/users?' },
  { entry: 'apps.usrs', message: 'there is no app "apps.usrs": looked in apps/usrs, apps/apps/usrs, apps/apps.usrs, node_modules/apps.usrs; did you mean apps/users?' },
  { entry: './apps/usrs', message: 'there is no app "./apps/usrs": looked in apps/usrs; did you mean apps/users?' },
  { entry: '@acme/orders', message: 'there is no app "@acme/orders": looked in node_modules/@acme/orders' },
  { entry: 'warehouse', message: 'there is no app "warehouse": looked in apps/warehouse, node_modules/warehouse' },
  { entry: 'notes', message: 'there is no app "notes": looked in apps/notes, node_modules/notes' },
]

for (const { entry, message } of missing) {
  t.test(`an app that is not there is a problem that helps: ${entry}`, async t => {
    const { apps, problems } = await discover(t, { apps: { users: served(), notes: 'a file' } }, { installedApps: [entry, entry] })
    t.strictSame(problems, [{ path: 'installedApps[0]', message }])
    t.match(apps, [{ isExported: false, reason: 'is not there' }])
  })
}

const exporting: { name: string, tree: Tree, isExported: boolean, reason: string }[] = [
  { name: 'a Python file', tree: { 'urls.py': '' }, isExported: true, reason: 'has urls.py' },
  { name: 'a TypeScript file', tree: { 'urls.ts': '' }, isExported: true, reason: 'has urls.ts' },
  { name: 'a routes folder', tree: { routes: {} }, isExported: true, reason: 'has routes' },
  { name: 'a routes file', tree: { 'routes.js': '' }, isExported: true, reason: 'has routes.js' },
  { name: 'a routes file without an extension', tree: { routes: '' }, isExported: true, reason: 'has routes' },
  { name: 'its manifest', tree: manifest({ export: true }), isExported: true, reason: 'says "export": true' },
  { name: 'its manifest against it', tree: { ...manifest({ export: false }), ...served() }, isExported: false, reason: 'says "export": false' },
  { name: 'a manifest that is silent', tree: manifest({ port: 8001 }), isExported: false, reason: 'has no urls file, no routes and no "export": true' },
  { name: 'only a test of the URLs', tree: { 'urls.test.ts': '', 'urls.py~': '', urlsx: '' }, isExported: false, reason: 'has no urls file, no routes and no "export": true' },
  { name: 'a folder that looks like the file', tree: { 'urls.py': {} }, isExported: false, reason: 'has no urls file, no routes and no "export": true' },
]

for (const { name, tree, isExported, reason } of exporting) {
  t.test(`an app is exported when it serves URLs: ${name}`, async t => {
    const { apps, problems } = await discover(t, { apps: { users: tree } }, { installedApps: ['users'] })
    t.same(problems, [])
    t.match(apps, [{ isExported, reason }])
  })
}

t.test('noExportApps takes the route from an app by its name, its dotted path or its label, whatever its manifest sets', async t => {
  const tree = { apps: { users: manifest({ name: 'people', label: 'folk', export: true }), billing: served() } }
  for (const name of ['people', 'apps.users', 'folk']) {
    const { apps, problems, exported } = await discover(t, tree, { installedApps: ['*'], noExportApps: [name], apps: [{ name: 'inline' }] })
    t.same(problems, [])
    t.strictSame(exported, ['billing', 'inline'])
    t.match(apps.find(app => app.name === 'people'), { isExported: false, reason: 'in noExportApps' })
  }
})

t.test('noExportApps takes the route from an inline app too', async t => {
  const { apps } = await discover(t, {}, { apps: [{ name: 'apps.users' }], noExportApps: ['apps.users'] })
  t.match(apps, [{ name: 'apps.users', isExported: false, reason: 'in noExportApps' }])
})

t.test('a name in noExportApps that no app has is a problem', async t => {
  const { problems } = await discover(t, { apps: { users: served() } }, { installedApps: ['users'], noExportApps: ['usres', 'warehouse'] })
  t.strictSame(problems, [
    { path: 'noExportApps[0]', message: 'no app is called "usres"; did you mean "users"?' },
    { path: 'noExportApps[1]', message: 'no app is called "warehouse"' },
  ])
})

const consequences: { name: string, input: object, path: string }[] = [
  { name: 'the app is not there', input: { installedApps: ['nobody'], noExportApps: ['nobody'] }, path: 'installedApps[0]' },
  { name: 'the app has no name', input: { apps: [{ label: 'nobody' }], noExportApps: ['nobody'] }, path: 'apps[0].name' },
  { name: 'the list of apps is none', input: { installedApps: 'nobody', noExportApps: ['nobody'] }, path: 'installedApps' },
  { name: 'the entry is no name', input: { installedApps: [5], noExportApps: ['nobody'] }, path: 'installedApps[0]' },
  { name: 'the folder of "*" is not there', input: { installedApps: ['*'], appsDir: 'src', noExportApps: ['nobody'] }, path: 'installedApps[0]' },
  { name: 'its label is wrong', input: { apps: [{ name: 'a', label: 5 }], noExportApps: ['nobody'] }, path: 'apps[0].label' },
  { name: 'its manifest is broken', input: { installedApps: ['broken'], noExportApps: ['nobody'] }, path: 'apps/broken/app.config.json' },
]

for (const { name, input, path } of consequences) {
  t.test(`a name in noExportApps is no second problem when ${name}`, async t => {
    const { problems } = await discover(t, { apps: { broken: { 'app.config.json': '{' } } }, input)
    t.strictSame(problems.map(problem => problem.path), [path])
  })
}

t.test('an inline app is exported, and may have the properties of a manifest', async t => {
  const { apps, dir } = await discover(t, {}, { apps: [{ name: 'apps.users' }, { name: 'x', label: 'a.b', port: 1, upstreams: 'h:1', addSlashes: true }, { name: 'y', prefix: '' }, { name: 'z', prefix: 'a//b' }] })
  t.match(apps, [
    { name: 'apps.users', label: 'users', prefix: '/users', dir: null, source: 'apps[0]', fieldBase: 'apps[0].', baseDir: dir, isExported: true, reason: 'is given inline' },
    { name: 'x', label: 'a.b', prefix: '/a_b', port: 1, upstreams: 'h:1', flags: { addSlashes: true } },
    { name: 'y', prefix: '' },
    { name: 'z', prefix: 'a//b' },
  ])
})
