import { join } from 'node:path'
import t from 'tap'
import { withDiscoveryDefaults } from '../../lib/configuration/load.ts'
import { resolveConfiguration } from '../../lib/configuration/resolve.ts'

t.test('a gateway that is started in the folder of the examples finds its apps by their manifests', async t => {
  const dir = join(import.meta.dirname, '../../examples')
  const { locations } = await resolveConfiguration(withDiscoveryDefaults({}, dir), dir)
  const routes = locations.map(({ prefix, upstreams }) => [prefix, ...upstreams.map(({ url }) => url)])
  t.strictSame(routes.sort(), [
    ['/chat', 'http://127.0.0.1:4004'],
    ['/legacy', 'http://127.0.0.1:4003'],
    ['/stream', 'http://127.0.0.1:4002'],
    ['/users', 'http://127.0.0.1:4001'],
  ])
})
