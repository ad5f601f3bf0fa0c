import t from 'tap'
import type { HealthCheckRule } from '../../../lib/location.ts'
import { Dispatcher } from '../../../lib/dispatch/dispatcher.ts'
import { HealthFollower } from '../../../lib/health/health-follower.ts'
import { identityOf, type ProbeReport } from '../../../lib/health/health-source.ts'
import { startUpstream } from '../../helpers/upstreams.ts'
import { createTarget } from '../locations.ts'
import { locationOf } from '../dispatch/dispatch.ts'

const RULE: HealthCheckRule = { path: '/', method: 'GET', interval: 10, unhealthyInterval: 10, timeout: 10, rise: 2, fall: 3, expectedStatus: [200, 399], headers: {} }
const [first, second] = [createTarget('http://127.0.0.1:1'), createTarget('http://127.0.0.1:2')]

function createFollower (known: Record<string, 'up' | 'down'> = {}) {
  const reports: ProbeReport[] = []
  const follower = new HealthFollower(RULE, address => known[address] ?? 'unknown', report => reports.push(report))
  return { follower, reports }
}

t.test('what was known before is known from the start, and not reported', async t => {
  const { follower, reports } = createFollower({ [identityOf(first)]: 'down' })
  t.equal(follower.stateOf(first).status, 'down')
  t.equal(follower.stateOf(second).status, 'unknown')
  t.strictSame(reports, [])
})

t.test('a status is adopted at once, however many failures it took', async t => {
  const { follower, reports } = createFollower()
  const state = follower.stateOf(first)
  t.equal(follower.stateOf({ ...first, weight: 7 }), state, 'whatever its weight')
  follower.update(identityOf(first), { hasPassed: true, status: 'up' })
  follower.update(identityOf(first), { hasPassed: false, status: 'up' })
  follower.update(identityOf(first), { hasPassed: false, status: 'down' })
  t.equal(state.status, 'down')
  t.match(reports, [
    { target: first, state, hasPassed: true, change: undefined },
    { hasPassed: false, change: undefined },
    { hasPassed: false, change: 'down' },
  ])
})

t.test('updates of other addresses are ignored', async t => {
  const { follower, reports } = createFollower()
  follower.stateOf(first)
  follower.update(identityOf(second), { hasPassed: false, status: 'down' })
  t.strictSame(reports, [])
  t.equal(follower.stateOf(second).status, 'unknown')
})

t.test('a removed address is forgotten, and those that stay are not', async t => {
  const { follower, reports } = createFollower()
  const [stays, goes] = [follower.stateOf(first), follower.stateOf(second)]
  follower.start(() => [first])
  follower.refresh()
  follower.update(identityOf(second), { hasPassed: false, status: 'down' })
  t.strictSame(reports, [])
  t.equal(follower.stateOf(first), stays)
  t.not(follower.stateOf(second), goes)
})

t.test('before it is started, nothing is forgotten', async t => {
  const { follower } = createFollower()
  const state = follower.stateOf(first)
  follower.refresh()
  t.equal(follower.stateOf(first), state)
})

t.test('after its stop nothing is reported', async t => {
  const { follower, reports } = createFollower()
  follower.stateOf(first)
  follower.stop()
  follower.update(identityOf(first), { hasPassed: false, status: 'down' })
  t.strictSame(reports, [])
})

t.test('a location that follows another process makes no probes, and uses what that finds', async t => {
  let probes = 0
  const target = createTarget(await startUpstream(t, (_request, response) => {
    probes++
    response.end()
  }))
  let follower!: HealthFollower
  const dispatcher = new Dispatcher(locationOf({ upstreams: [target], healthCheck: RULE }), {
    createHealthSource ({ healthCheck }, onProbe) {
      follower = new HealthFollower(healthCheck!, () => 'down', onProbe)
      return follower
    },
  })
  t.teardown(() => dispatcher.destroy())
  t.equal(dispatcher.pool.hasHealthyUpstream, false, 'before its start')
  dispatcher.startProbes()
  follower.update(identityOf(target), { hasPassed: true, status: 'up' })
  t.equal(dispatcher.pool.hasHealthyUpstream, true)
  await new Promise(resolve => setTimeout(resolve, 50))
  t.equal(probes, 0)
})
