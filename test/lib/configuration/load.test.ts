import t, { type Test } from 'tap'
import { loadConfiguration } from '../../../lib/configuration/load.ts'

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

t.test('everything that is wrong is told', async t => {
  goTo(t, t.testdir())
  await t.rejects(loadConfiguration('missing.json'), { code: 'GW_ERR_CONFIG' })
})
