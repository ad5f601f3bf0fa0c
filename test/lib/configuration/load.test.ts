import t, { type Test } from 'tap'
import { loadConfiguration, withDiscoveryDefaults } from '../../../lib/configuration/load.ts'

/** The working directory is the whole process's, which runs other tests behind these. */
function goTo (t: Test, folder: string): void {
  const before = process.cwd()
  t.teardown(() => process.chdir(before))
  process.chdir(folder)
}

t.test('a project without a configuration file is found as it is', async t => {
  goTo(t, t.testdir({ apps: { users: { 'urls.py': '' } }, 'service_ports.json': '{ "apps.users": "127.0.0.1:8001" }' }))
  const { locations } = await loadConfiguration()
  t.match(locations, [{ prefix: '/users', upstreams: [{ url: 'http://127.0.0.1:8001' }] }])
})

t.test('flags win over the file that is named', async t => {
  const dir = t.testdir({ etc: { 'g.json': '{ "addSlashes": true, "apps": [{ "name": "a", "upstreams": "h:1" }] }' } })
  goTo(t, dir)
  const { locations, options } = await loadConfiguration('etc/g.json', { upstreams: { a: 'h:2' } })
  t.match(locations, [{ addSlashes: true, upstreams: [{ url: 'http://h:2' }] }])
  t.ok(options.baseDir.endsWith('/etc'))
})

t.test('every problem is reported', async t => {
  goTo(t, t.testdir())
  await t.rejects(loadConfiguration('missing.json'), { code: 'GW_ERR_CONFIG' })
})

t.test('apps are looked for at the root of a project when the options name none', async t => {
  const dir = t.testdir({ apps: {} })
  t.strictSame(withDiscoveryDefaults(undefined, dir), { installedApps: ['*'] })
  t.strictSame(withDiscoveryDefaults({ upstreams: { users: 'h:1' } }, dir), { upstreams: { users: 'h:1' }, installedApps: ['*'] })
  t.strictSame(withDiscoveryDefaults({ appsDir: 'src' }, dir), { appsDir: 'src', installedApps: ['*'] }, 'and a folder that was named must be there')
})

t.test('they are not when the options name apps, have no shape, or there is no folder', async t => {
  const dir = t.testdir({ apps: {} })
  for (const input of [{ installedApps: [] }, { apps: [] }, { extraProxy: [] }, [], 5, { appsDir: 5 }]) {
    t.equal(withDiscoveryDefaults(input, dir), input)
  }
  const empty = {}
  t.equal(withDiscoveryDefaults(empty, t.testdir({})), empty)
  t.equal(withDiscoveryDefaults(undefined, t.testdir({})), undefined)
})
