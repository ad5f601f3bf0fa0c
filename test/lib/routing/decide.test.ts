import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import fastify from 'fastify'
import t, { type Test } from 'tap'
import { decideRoute, isOwned, upstreamUrl } from '../../../lib/routing/decide.ts'
import { LocationTable } from '../../../lib/routing/location-table.ts'
import type { Location, UpstreamTarget } from '../../../lib/location.ts'
import { createLocation } from '../locations.ts'

const locationAt = (prefix: string) => createLocation({ name: prefix === '' ? 'root' : prefix.slice(1), prefix })

const [api, admin, users] = ['/api', '/api/admin', '/users'].map(locationAt) as [Location, Location, Location]
const root = locationAt('')

t.test('the longest prefix wins, whatever the order', async t => {
  for (const locations of [[root, api, admin], [admin, api, root], [api, root, admin]]) {
    t.same(decideRoute(new LocationTable(locations), '/api/admin/x?y'), { kind: 'forward', location: admin, path: '/x?y' })
    t.same(decideRoute(new LocationTable(locations), '/api/adminX'), { kind: 'forward', location: api, path: '/adminX' })
    t.same(decideRoute(new LocationTable(locations), '/apiX'), { kind: 'forward', location: root, path: '/apiX' })
  }
})

t.test('a path that no prefix owns has no route', async t => {
  t.same(decideRoute(new LocationTable([users]), '/shop'), { kind: 'no-route' })
  t.same(decideRoute(new LocationTable([users]), '*'), { kind: 'no-route' })
  t.same(decideRoute(new LocationTable([]), '/'), { kind: 'no-route' })
})

t.test('a path that its location refuses is refused, not handed to a shorter one', async t => {
  t.same(decideRoute(new LocationTable([root, users]), '/users/../x'), { kind: 'bad-path', location: users, reason: 'it leaves its prefix' })
  t.same(decideRoute(new LocationTable([root, users]), '/users#x'), { kind: 'bad-path', location: users, reason: 'it cannot be a path' })
})

t.test('the whole URL has the base path of the upstream', async t => {
  const upstream: UpstreamTarget = {
    url: 'http://10.0.0.5:8001/v2', origin: 'http://10.0.0.5:8001', isSecure: false, host: '10.0.0.5:8001', hostname: '10.0.0.5', port: 8001, basePath: '/v2', isHttp2: false, socketPath: null, weight: 1, ca: null, insecure: false
  }
  t.equal(upstreamUrl(upstream, '/x?y'), 'http://10.0.0.5:8001/v2/x?y')
  t.equal(upstreamUrl({ ...upstream, basePath: '' }, ''), 'http://10.0.0.5:8001/')
  t.equal(upstreamUrl({ ...upstream, socketPath: '/run/a.sock' }, '/x'), 'unix:/run/a.sock:/v2/x')
})

// Fastify's router makes the first half of the decision for the requests that are served; this is how it stays the same
// one.

/** A server with the routes that the gateway registers, each of which answers its location's name. */
async function startRouter (t: Test, locations: readonly Location[]) {
  const app = fastify()
  for (const { prefix, name } of locations) {
    app.get(prefix === '' ? '/' : prefix, async () => name)
    app.get(`${prefix}/*`, async () => name)
  }
  await app.listen({ host: '127.0.0.1', port: 0 })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => { agent.destroy(); return app.close() })
  const { port } = app.server.address() as AddressInfo
  return async function ask (path: string): Promise<{ status: number | undefined, body: string }> {
    const outgoing = request({ host: '127.0.0.1', port, path, agent }).end()
    const [answer] = await once(outgoing, 'response') as [IncomingMessage]
    return { status: answer.statusCode, body: (await answer.toArray()).join('') }
  }
}

const parts = [
  '/', '/', '/', 'users', 'users', 'api', 'admin', '@me', 'a.b', 'x', 'X', '..', '.', '', '?', '?', ';', '%75', '%73', '%55', '%2F', '%2f', '%40',
  '%2e', '%2575', '%25', '%3F', '%23', '%61', '%C3%A9', '%E9', '%zz', '%7', '\\', '*', ':', '//', '=', '+', '%2B', 'c+d',
]

/** Numerical Recipes' generator: the same targets in every run. */
function createTargets (count: number): string[] {
  let seed = 7
  const random = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return Math.floor(seed / 2 ** 32 * below)
  }
  const starts = ['/', '/users', '/%75sers', '/api', '/api/admin', '/api/adm%69n', '/@me', '/%40me', '/a.b', '/c+d', '/c%2Bd']
  return Array.from({ length: count }, () =>
    starts[random(starts.length)]! + Array.from({ length: random(5) }, () => parts[random(parts.length)]).join(''))
}

for (const withRoot of [true, false]) {
  t.test(`Fastify's router takes the same decision ${withRoot ? 'with' : 'without'} an empty prefix`, async t => {
    const locations = [users, api, admin, ...['/@me', '/a.b', '/c+d'].map(locationAt), ...withRoot ? [root] : []]
    const ask = await startRouter(t, locations)
    const counts = { same: 0, undecodable: 0 }
    for (const target of createTargets(600)) {
      const { status, body } = await ask(target)
      const decision = decideRoute(new LocationTable(locations), target)
      const ours = decision.kind === 'no-route' ? 404 : decision.location.name
      // It answers 400 before any route where decodeURI throws: there is nothing to compare.
      if (status === 400) counts.undecodable++
      else if (ours === (status === 404 ? 404 : body)) counts.same++
      else t.fail(target, { ours, status, body })
    }
    t.ok(counts.same > 300, 'most targets were compared', counts)
  })
}

t.test('whether a location owns a target is decided on the whole request target', async t => {
  const locations = new LocationTable([createLocation({ prefix: '/shop' })])
  const rows: Array<[target: string, expected: boolean]> = [['/shop', true], ['/shop/x?y', true], ['http://a/shop/', true], ['/shopping', false], ['/', false], ['*', false], ['a:443', false]]
  for (const [target, expected] of rows) t.equal(isOwned(locations, target), expected, target)
})
