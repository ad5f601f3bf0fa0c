import t, { type Test } from 'tap'
import { type PendingRequest, UpstreamPool } from '../../../lib/pool/pool.ts'
import type { HealthChange, PoolContext } from '../../../lib/pool/pool-health.ts'
import { AT_CAPACITY } from '../../../lib/pool/upstream-picker.ts'
import type { Upstream } from '../../../lib/pool/upstream.ts'
import { NOT_QUEUED } from '../../../lib/pool/pending-queue.ts'
import type { OutlierRule } from '../../../lib/location.ts'
import { ProbeState } from '../../../lib/health/probe-state.ts'
import { createClock } from '../dispatch/fakes.ts'
import { createLocation, createTarget, type LocationChanges } from '../locations.ts'

const RULE: OutlierRule = {
  consecutive5xx: 5,
  consecutiveLocalErrors: 1,
  baseEjectionTime: 1000,
  maxEjectionTime: 10_000,
  maxEjectionPercent: 100,
  panicThreshold: 0,
}
const PROBES = { path: '/', method: 'GET', interval: 1000, unhealthyInterval: 500, timeout: 100, rise: 1, fall: 1, expectedStatus: [200, 399] as const, headers: {} }

const targetsOf = (weights: Record<string, number>) => Object.entries(weights).map(([name, weight]) => createTarget(`http://${name}:1`, { weight }))

/** A pool of upstreams by name and weight, with a clock that stands still. */
function createPool (t: Test, weights: Record<string, number>, changes: LocationChanges = {}) {
  const clock = createClock()
  const changed: string[] = []
  const context: PoolContext = {
    now: clock.now, random: () => 0.5, onHealthChange: (upstream: Upstream, change: HealthChange) => { changed.push(`${nameOf(upstream)} ${change}`) },
  }
  const states = new Map<string, ProbeState>()
  const probeOf = ({ url }: { url: string }) => {
    if (!states.has(url)) states.set(url, new ProbeState(PROBES))
    return states.get(url)!
  }
  const location = createLocation({ upstreams: targetsOf(weights), ...changes })
  const pool = new UpstreamPool(location, context, changes.healthCheck === undefined ? undefined : probeOf)
  t.teardown(() => pool.destroy())
  const named = (name: string) => pool.upstreams.find(upstream => nameOf(upstream) === name)!
  return { pool, clock, changed, named, probeOf }
}

function nameOf (upstream: Upstream | typeof AT_CAPACITY | undefined): string {
  if (upstream === AT_CAPACITY) return 'at capacity'
  return upstream === undefined ? '-' : new URL(upstream.target.url).hostname
}

const pickMany = (
  pool: UpstreamPool,
  count: number,
  { hashKey, tried }: { hashKey?: string; tried?: Upstream[] } = {}
) => Array.from({ length: count }, () => nameOf(pool.pick(hashKey, tried))).join('')

/** A request that fails at once. */
function fail (pool: UpstreamPool, upstream: Upstream): void {
  const isProbe = pool.acquire(upstream)
  pool.recordResult(upstream, 'local-error', isProbe)
  pool.release(upstream)
}

function succeed (pool: UpstreamPool, upstream: Upstream): void {
  const isProbe = pool.acquire(upstream)
  pool.recordResult(upstream, 'success', isProbe)
  pool.release(upstream)
}

t.test('the upstream that is picked', async t => {
  const rows: { name: string, weights: Record<string, number>, picks: string }[] = [
    { name: 'a single upstream, always', weights: { a: 5 }, picks: 'aaa' },
    { name: 'a single upstream of weight 0, never', weights: { a: 0 }, picks: '--' },
    { name: 'several, by weight', weights: { a: 3, b: 1, c: 0 }, picks: 'aabaaaba' },
    { name: 'of none, none', weights: {}, picks: '--' },
  ]
  for (const { name, weights, picks } of rows) t.equal(pickMany(createPool(t, weights).pool, picks.length), picks, name)
})

t.test('weights hold over those that are available, and again when one is back', async t => {
  const { pool, clock, named } = createPool(t, { a: 3, b: 1, c: 1 }, { outlierDetection: RULE })
  t.equal([...pickMany(pool, 5)].sort().join(''), 'aaabc')
  fail(pool, named('a'))
  t.equal([...pickMany(pool, 10)].sort().join(''), 'bbbbbccccc')
  clock.advance(1000)
  succeed(pool, named('a'))
  for (let i = 0; i < 4; i++) t.equal([...pickMany(pool, 5)].sort().join(''), 'aaabc')
})

t.test('requests in flight are counted, for each', async t => {
  const { pool, named } = createPool(t, { a: 1, b: 1 })
  pool.acquire(named('a'))
  pool.acquire(named('a'))
  pool.acquire(named('b'))
  pool.release(named('a'))
  t.strictSame([named('a').inFlight, named('b').inFlight], [1, 1])
})

t.test('an upstream that fails is ejected, and a single request shows whether it is back', async t => {
  const { pool, clock, changed, named } = createPool(t, { a: 1, b: 1 }, { outlierDetection: RULE })
  fail(pool, named('a'))
  t.equal(pickMany(pool, 4), 'bbbb')
  t.equal(pool.hasHealthyUpstream, true)
  clock.advance(1000)
  t.match(pickMany(pool, 2), /a/, 'its time is over')
  const isProbe = pool.acquire(named('a'))
  t.equal(isProbe, true)
  t.equal(pickMany(pool, 4), 'bbbb', 'one request, and no second beside it')
  pool.recordResult(named('a'), 'success', isProbe)
  pool.release(named('a'))
  t.equal([...pickMany(pool, 4)].sort().join(''), 'aabb')
  t.strictSame(changed, ['a ejected', 'a returned'])
})

t.test('no more than maxEjectionPercent are ejected, and one alone never is', async t => {
  const rows: { name: string, weights: Record<string, number>, percent: number, ejected: string[] }[] = [
    { name: 'half of four', weights: { a: 1, b: 1, c: 1, d: 1 }, percent: 50, ejected: ['a', 'b'] },
    { name: 'half of three is one', weights: { a: 1, b: 1, c: 1 }, percent: 50, ejected: ['a'] },
    { name: 'drained upstreams do not count', weights: { a: 1, b: 1, c: 0, d: 0 }, percent: 50, ejected: ['a'] },
    { name: 'one alone', weights: { a: 1 }, percent: 100, ejected: [] },
    { name: 'all', weights: { a: 1, b: 1 }, percent: 100, ejected: ['a', 'b'] },
  ]
  for (const { name, weights, percent, ejected } of rows) {
    const { pool, changed } = createPool(t, weights, { outlierDetection: { ...RULE, maxEjectionPercent: percent } })
    for (const upstream of pool.upstreams) if (upstream.weight > 0) fail(pool, upstream)
    t.strictSame(changed, ejected.map(one => `${one} ejected`), name)
  }
})

t.test('when too many are ejected to eject another one, the one that failed longest ago is probed', async t => {
  const { pool, clock, changed, named } = createPool(
    t,
    { a: 1, b: 1, c: 1, d: 1 },
    { outlierDetection: { ...RULE, baseEjectionTime: 10_000, maxEjectionPercent: 50, panicThreshold: 50 } }
  )
  fail(pool, named('a'))
  clock.advance(1)
  fail(pool, named('b'))
  clock.advance(1000)
  fail(pool, named('c'))
  t.match([...pickMany(pool, 3)].sort().join(''), 'acd')
  succeed(pool, named('a'))
  fail(pool, named('c'))
  t.strictSame(changed, ['a ejected', 'b ejected', 'a returned', 'c ejected'])
})

t.test('with fewer available than panicThreshold, health is ignored', async t => {
  const { pool, named } = createPool(
    t,
    { a: 1, b: 1, c: 1, d: 1 },
    { outlierDetection: { ...RULE, panicThreshold: 50 } }
  )
  fail(pool, named('a'))
  fail(pool, named('b'))
  t.equal([...pickMany(pool, 4)].sort().join(''), 'ccdd', 'half of them are enough')
  fail(pool, named('c'))
  t.equal([...pickMany(pool, 4)].sort().join(''), 'abcd')
  t.equal(pickMany(pool, 3, { tried: [named('a')] }), 'ddd', 'a second try goes to a healthy one')
  t.equal([...pickMany(pool, 3, { tried: [named('d')] })].sort().join(''), 'abc', 'as long as there is one')
})

t.test('without panicThreshold no upstream is eligible when all are ejected', async t => {
  const { pool } = createPool(t, { a: 1, b: 1 }, { outlierDetection: RULE })
  for (const upstream of pool.upstreams) fail(pool, upstream)
  t.strictSame([pickMany(pool, 1), pool.hasHealthyUpstream], ['-', false])
})

t.test('an upstream that has been tried is not picked', async t => {
  const { pool, named } = createPool(t, { a: 1, b: 1 })
  t.equal(pickMany(pool, 3, { tried: [named('a')] }), 'bbb')
  t.equal(pickMany(pool, 1, { tried: [named('a'), named('b')] }), '-')
})

t.test('a request that has failed with the healthy ones goes to an ejected one, which may be back by now', async t => {
  const { pool, changed, named } = createPool(
    t,
    { a: 1, b: 1 },
    { outlierDetection: { ...RULE, maxEjectionPercent: 50, panicThreshold: 50 } }
  )
  fail(pool, named('a'))
  fail(pool, named('b'))
  t.equal(pickMany(pool, 2), 'bb', 'the pool cannot spare the second')
  t.equal(pickMany(pool, 1, { tried: [named('b')] }), 'a')
  succeed(pool, named('a'))
  fail(pool, named('b'))
  t.equal(pickMany(pool, 2), 'aa')
  t.strictSame(changed, ['a ejected', 'a returned', 'b ejected'])
})

t.test('probes take an upstream out and bring it back, and end an ejection', async t => {
  const { pool, changed, named } = createPool(t, { a: 1, b: 1 }, { healthCheck: PROBES, outlierDetection: RULE })
  const probe = (name: string, hasPassed: boolean) =>
    pool.recordProbe(named(name), hasPassed, named(name).probe!.record(hasPassed))
  t.equal([...pickMany(pool, 2)].sort().join(''), 'ab', 'unknown is up')
  probe('a', false)
  t.equal(pickMany(pool, 2), 'bb')
  probe('a', true)
  t.equal([...pickMany(pool, 2)].sort().join(''), 'ab')
  fail(pool, named('a'))
  t.equal(pickMany(pool, 2), 'bb')
  probe('a', true)
  t.equal([...pickMany(pool, 2)].sort().join(''), 'ab')
  t.strictSame(changed, ['a down', 'a up', 'a ejected', 'a returned'])
})

t.test('without outlier detection, probes alone decide, and there is no panic', async t => {
  const { pool, named } = createPool(t, { a: 1 }, { healthCheck: PROBES })
  named('a').probe!.record(false)
  t.strictSame([pickMany(pool, 1), pool.hasHealthyUpstream], ['-', false])
})

t.test('slow start gives an upstream that comes back its share little by little, and not the whole pool at its start', async t => {
  const slowStart = { window: 1000, minWeightPercent: 10 }
  const { pool, clock, named } = createPool(t, { a: 1, b: 1 }, { outlierDetection: RULE, slowStart })
  const share = () => {
    pickMany(pool, 1)
    return named('a').share
  }
  t.equal(share(), 1)
  fail(pool, named('a'))
  clock.advance(1000)
  succeed(pool, named('a'))
  t.equal(share(), 0.1)
  clock.advance(500)
  t.equal(share(), 0.55)
  clock.advance(500)
  t.equal(share(), 1)
})

t.test('a slow start from nothing does not leave out the only one there is', async t => {
  const { pool, named } = createPool(t, { a: 1 }, { slowStart: { window: 1000, minWeightPercent: 0 } })
  named('a').joinedAt = 1000
  t.equal(pickMany(pool, 1), 'a')
})

/** A pending request, and the upstreams that it was given. */
function createPending () {
  const given: string[] = []
  const request: PendingRequest = {
    position: NOT_QUEUED,
    hashKey: undefined,
    proceed: upstream => {
      given.push(nameOf(upstream))
    },
  }
  return { request, given }
}

t.test('an upstream at capacity is not picked, and when all are, there is a queue', async t => {
  const { pool, named } = createPool(t, { a: 1, b: 1 }, { limits: { maxConnections: 1, maxPending: 1 } })
  pool.acquire(named('a'))
  t.equal(pickMany(pool, 2), 'bb')
  pool.acquire(named('b'))
  t.equal(pickMany(pool, 1), 'at capacity')
  const requests = [createPending(), createPending(), createPending()]
  t.strictSame(requests.map(({ request }) => pool.enqueue(request)), [true, true, false], 'as many as maxPending for each upstream')
  t.equal(pool.admitPending(), 2)
  pool.release(named('b'))
  t.strictSame(requests.map(({ given }) => given), [['b'], ['b'], []], 'those that were admitted took no lease here')
})

t.test('pending requests are admitted one by one, in their order', async t => {
  const { pool, named } = createPool(t, { a: 1 }, { limits: { maxConnections: 1 } })
  const order: string[] = []
  const join = (name: string) => {
    t.equal(pool.pick(), AT_CAPACITY)
    pool.enqueue({
      position: NOT_QUEUED,
      hashKey: undefined,
      proceed: upstream => {
        order.push(name)
        pool.acquire(upstream!)
      },
    })
  }
  pool.acquire(named('a'))
  for (const name of ['first', 'second', 'third']) join(name)
  pool.release(named('a'))
  t.strictSame(order, ['first'])
  pool.release(named('a'))
  t.strictSame(order, ['first', 'second'])
  t.equal(pool.pick(), AT_CAPACITY, 'no request overtakes them')
  t.equal(pool.admitPending(), 1)
})

t.test('a request that leaves the queue is not admitted', async t => {
  const { pool, named } = createPool(t, { a: 1 }, { limits: { maxConnections: 1 } })
  pool.acquire(named('a'))
  const { request, given } = createPending()
  pool.pick()
  pool.enqueue(request)
  pool.dequeue(request)
  pool.release(named('a'))
  t.strictSame([given, pool.admitPending()], [[], 0])
})

t.test('maxPending 0 lets none wait', async t => {
  const { pool, named } = createPool(t, { a: 1 }, { limits: { maxConnections: 1, maxPending: 0 } })
  pool.acquire(named('a'))
  t.equal(pool.pick(), AT_CAPACITY)
  t.equal(pool.enqueue(createPending().request), false)
})

t.test('an upstream that comes back takes pending requests', async t => {
  const { pool, named } = createPool(t, { a: 1, b: 1 }, { healthCheck: PROBES, limits: { maxConnections: 1 } })
  named('b').probe!.record(false)
  pool.acquire(named('a'))
  const { request, given } = createPending()
  t.equal(pool.pick(), AT_CAPACITY)
  pool.enqueue(request)
  pool.recordProbe(named('b'), true, named('b').probe!.record(true))
  t.strictSame(given, ['b'])
})

t.test('a pending request proceeds when no upstream is eligible any more', async t => {
  const { pool, named, probeOf } = createPool(t, { a: 1 }, { limits: { maxConnections: 1 } })
  pool.acquire(named('a'))
  const { request, given } = createPending()
  pool.pick()
  pool.enqueue(request)
  pool.update(targetsOf({ a: 0 }), probeOf)
  t.strictSame(given, ['-'])
})

t.test('a change of weights keeps what is known of an upstream', async t => {
  const { pool, changed, named, probeOf } = createPool(t, { a: 1, b: 1 }, { outlierDetection: RULE })
  const [a, b] = [named('a'), named('b')]
  fail(pool, a)
  pool.acquire(b)
  pool.update(targetsOf({ b: 5, a: 2 }), probeOf)
  t.strictSame([named('a'), named('b')], [a, b], 'they are the same')
  t.strictSame([a.weight, b.weight, a.target.weight, b.inFlight], [2, 5, 2, 1])
  t.equal(pickMany(pool, 3), 'bbb', 'and the one is ejected still')
  t.strictSame(changed, ['a ejected'])
})

t.test('a new upstream starts slowly, and a removed one finishes its requests', async t => {
  const { pool, named, probeOf } = createPool(t, { a: 1 }, { slowStart: { window: 1000, minWeightPercent: 10 } })
  const a = named('a')
  pool.acquire(a)
  pool.update(targetsOf({ b: 1, c: 1 }), probeOf)
  t.notMatch(pickMany(pool, 4), /a/)
  t.strictSame([named('b').share, named('c').share, a.inFlight], [0.1, 0.1, 1])
  pool.release(a)
  t.equal(a.inFlight, 0)
})

t.test('one address that is to be reached in another way is another upstream', async t => {
  const { pool, named, probeOf } = createPool(t, { a: 1 })
  const before = named('a')
  pool.update([createTarget('http://a:1', { insecure: true })], probeOf)
  t.not(named('a'), before)
})

t.test('an address that is listed twice is two upstreams, also after a change', async t => {
  const { pool, probeOf } = createPool(t, {})
  const twice = [createTarget('http://a:1'), createTarget('http://a:1')]
  pool.update(twice, probeOf)
  const before = [...pool.upstreams]
  pool.update(twice, probeOf)
  t.strictSame(pool.upstreams.map((upstream, index) => upstream === before[index]), [true, true])
  t.not(before[0], before[1])
})

t.test('the hash of a request decides, where the balancer is one', async t => {
  const { pool } = createPool(t, { a: 1, b: 1, c: 1 }, { balancer: { hash: 'ip' } })
  const keys = Array.from({ length: 50 }, (_, index) => `192.0.2.${index}`)
  const first = keys.map(hashKey => pickMany(pool, 1, { hashKey }))
  t.strictSame(keys.map(hashKey => pickMany(pool, 1, { hashKey })), first)
  t.equal(new Set(first).size, 3)
})

t.test('ewma uses how fast an upstream responds', async t => {
  const { pool, named } = createPool(t, { a: 1, b: 1 }, { balancer: 'ewma' })
  for (const [name, latency] of [['a', 1000], ['b', 5]] as const) pool.recordLatency(named(name), latency, false)
  t.equal(pickMany(pool, 10), 'b'.repeat(10))
})

t.test('another balancer does not', async t => {
  const { pool, named } = createPool(t, { a: 1 })
  pool.recordLatency(named('a'), 1000, false)
  t.equal(named('a').latency.estimate, 0)
})

t.test('an upstream can be reused while it has capacity and is there', async t => {
  const { pool, named, probeOf } = createPool(t, { a: 1, b: 1 }, { limits: { maxConnections: 1 } })
  const a = named('a')
  t.equal(pool.canReuse(a), true)
  pool.acquire(a)
  t.equal(pool.canReuse(a), false, 'it is at capacity')
  pool.release(a)
  pool.update(targetsOf({ a: 0, b: 1 }), probeOf)
  t.equal(pool.canReuse(a), false, 'it is drained')
  pool.update(targetsOf({ b: 1 }), probeOf)
  t.equal(pool.canReuse(a), false, 'it is gone')
  pool.acquire(named('b'))
  pool.enqueue(createPending().request)
  t.equal(pool.canReuse(named('b')), false)
})

t.test('an ejection that is over admits pending requests at the next check', async t => {
  const { pool, clock, named } = createPool(
    t,
    { a: 1, b: 1 },
    { outlierDetection: RULE, limits: { maxConnections: 1 } }
  )
  fail(pool, named('a'))
  pool.acquire(named('b'))
  const { request, given } = createPending()
  t.equal(pool.pick(), AT_CAPACITY)
  pool.enqueue(request)
  clock.advance(1000)
  t.strictSame([pool.admitPending(), given], [0, ['a']])
})

t.test('a panic admits pending requests', async t => {
  const { pool, named } = createPool(
    t,
    { a: 1, b: 1, c: 1 },
    { outlierDetection: { ...RULE, panicThreshold: 50 }, healthCheck: PROBES, limits: { maxConnections: 1 } }
  )
  fail(pool, named('a'))
  pool.acquire(named('b'))
  pool.acquire(named('c'))
  const { request, given } = createPending()
  t.equal(pool.pick(), AT_CAPACITY)
  pool.enqueue(request)
  pool.recordProbe(named('b'), false, named('b').probe!.record(false))
  t.strictSame(given, ['a'])
})

t.test('a request that throws when it proceeds does not block the others', async t => {
  const { pool, named } = createPool(t, { a: 1 }, { limits: { maxConnections: 1 } })
  pool.acquire(named('a'))
  const { request, given } = createPending()
  pool.enqueue({ position: NOT_QUEUED, hashKey: undefined, proceed () { throw new Error('no') } })
  pool.pick()
  pool.enqueue({ position: NOT_QUEUED, hashKey: undefined, proceed () { throw new Error('no') } })
  pool.enqueue(request)
  t.throws(() => pool.release(named('a')), { message: 'no' })
  pool.admitPending()
  t.strictSame(given, ['a'])
})

t.test('a closed pool picks nothing', async t => {
  const { pool, named } = createPool(t, { a: 1 })
  pool.close()
  t.strictSame([pool.pick(), pool.canReuse(named('a'))], [undefined, false])
})

t.test('the last upstream that is left is picked, whatever its results were', async t => {
  const { pool, changed, named, probeOf } = createPool(t, { a: 1, b: 1 }, { outlierDetection: RULE })
  fail(pool, named('a'))
  pool.update(targetsOf({ a: 1, b: 0 }), probeOf)
  t.equal(pickMany(pool, 1), 'a')
  t.strictSame(changed, ['a ejected', 'a returned'])
  pool.update(targetsOf({ a: 0, b: 0 }), probeOf)
  t.equal(pickMany(pool, 1), '-')
})

t.test('a request that is admitted and admits others does not overtake them', async t => {
  const { pool, named } = createPool(t, { a: 1 }, { limits: { maxConnections: 2 } })
  const order: string[] = []
  pool.acquire(named('a'))
  pool.acquire(named('a'))
  pool.pick()
  for (const name of ['first', 'second']) {
    pool.enqueue({
      position: NOT_QUEUED,
      hashKey: undefined,
      proceed (upstream) {
        order.push(name)
        t.equal(pool.admitPending(), name === 'first' ? 1 : 0)
        pool.acquire(upstream!)
      },
    })
  }
  pool.release(named('a'))
  t.strictSame(order, ['first'])
  pool.release(named('a'))
  t.strictSame(order, ['first', 'second'])
})
