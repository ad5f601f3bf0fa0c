import { EventEmitter, once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { HealthCheckRule } from '../../../lib/configuration/types.ts'
import { HealthChecker } from '../../../lib/health/health-checker.ts'
import { UpstreamPool } from '../../../lib/pool/pool.ts'
import { startRawUpstream, startUpstream } from '../../helper.ts'
import { createDispatcher, locationOf } from '../dispatch/dispatch.ts'
import { createClock } from '../dispatch/fakes.ts'
import { createLocation, createTarget } from '../locations.ts'

/** Longer than the tests run: what has this interval is probed once. */
const NEVER = 1_000_000
const RULE: HealthCheckRule = { path: '/health', method: 'GET', interval: NEVER, unhealthyInterval: NEVER, timeout: 20_000, rise: 2, fall: 3, expectedStatus: [200, 399], headers: {} }

/** An upstream that counts its probes and answers with `status`, which can be changed. */
async function startProbed (t: Test, status = 200): Promise<{ origin: string, status: number, probes: number }> {
  const upstream = { origin: '', status, probes: 0 }
  upstream.origin = await startUpstream(t, (_request, response) => {
    upstream.probes++
    response.writeHead(upstream.status).end()
  })
  return upstream
}

/** A checker of a pool's upstreams, and what it tells: the index of the upstream, whether it passed, and what it has become. */
function createChecker (t: Test, origins: string[], changes: Partial<HealthCheckRule> = {}) {
  const bell = new EventEmitter()
  const told: string[] = []
  const drawn: number[] = []
  const random = () => {
    drawn.push(told.length)
    return 0.5
  }
  const checker = new HealthChecker({ ...RULE, ...changes }, random, ({ state, hasPassed, change }) => {
    pool.upstreams.forEach(({ probe }, index) => {
      if (probe === state) told.push(`${index} ${hasPassed ? 'passed' : 'failed'} ${change ?? '-'}`)
    })
    bell.emit('told')
  })
  const targetsOf = (urls: string[]) => urls.map(url => createTarget(url))
  const stateOf = checker.stateOf.bind(checker)
  const pool = new UpstreamPool(createLocation({ upstreams: targetsOf(origins) }), { now: createClock().now, random, onHealthChange: () => {} }, stateOf)
  t.teardown(() => {
    checker.stop()
    return pool.destroy()
  })
  return {
    checker,
    pool,
    told,
    drawn,
    start: () => checker.start(() => pool.upstreams.map(({ target }) => target)),
    update: (urls: string[]) => {
      pool.update(targetsOf(urls), stateOf)
      checker.refresh()
    },
    /** Resolves when so much has been told. */
    heard: async (count: number) => { while (told.length < count) await once(bell, 'told') },
  }
}

/** Long enough for several probes at an interval of 10 ms. */
const aWhile = () => setTimeout(100)

t.test('an address is probed at once, and not before the start', async t => {
  const upstream = await startProbed(t)
  const { start, told, heard, pool } = createChecker(t, [upstream.origin])
  await setTimeout(30)
  t.equal(upstream.probes, 0)
  start()
  await heard(1)
  t.strictSame([told, upstream.probes, pool.upstreams[0]!.probe!.status], [['0 passed -'], 1, 'up'])
})

t.test('upstreams that change before the start are not probed before it either', async t => {
  const [first, second] = [await startProbed(t), await startProbed(t)]
  const { update } = createChecker(t, [first.origin])
  update([first.origin, second.origin])
  await setTimeout(30)
  t.strictSame([first.probes, second.probes], [0, 0])
})

t.test('an address that is up is probed again after its interval, spread at random', async t => {
  const upstream = await startProbed(t)
  const { start, told, heard, drawn } = createChecker(t, [upstream.origin], { interval: 20 })
  start()
  const startedAt = performance.now()
  await heard(4)
  t.ok(performance.now() - startedAt >= 3 * 18, 'not sooner')
  t.strictSame(told, ['0 passed -', '0 passed -', '0 passed -', '0 passed -'])
  t.strictSame(drawn.slice(0, 4), [0, 1, 2, 3], 'once a probe')
})

t.test('an address that is down has its own interval, until it is up', async t => {
  const upstream = await startProbed(t, 503)
  const { start, told, heard, pool } = createChecker(t, [upstream.origin], { unhealthyInterval: 10 })
  start()
  await heard(3)
  t.strictSame(told.slice(0, 3), ['0 failed down', '0 failed -', '0 failed -'])
  t.equal(pool.upstreams[0]!.isHealthy, false)
  upstream.status = 200
  while (!told.includes('0 passed up')) await heard(told.length + 1)
  const { probes } = upstream
  await aWhile()
  t.equal(upstream.probes, probes, 'then it has the long one')
  t.equal(pool.upstreams[0]!.isHealthy, true)
})

t.test('an address that goes down leaves the short interval', async t => {
  const upstream = await startProbed(t)
  const { start, told, heard } = createChecker(t, [upstream.origin], { interval: 10, fall: 2 })
  start()
  await heard(2)
  upstream.status = 500
  while (!told.includes('0 failed down')) await heard(told.length + 1)
  const { probes } = upstream
  await aWhile()
  t.equal(upstream.probes, probes)
})

t.test('the next probe waits for the one before', async t => {
  let connections = 0
  const origin = await startRawUpstream(t, () => connections++)
  const { start, heard } = createChecker(t, [origin], { interval: 1, unhealthyInterval: 1, timeout: 100 })
  start()
  await setTimeout(50)
  t.ok(connections <= 1)
  await heard(2)
  t.ok(connections >= 2)
})

t.test('each is told what its own address says', async t => {
  const [fine, faulty] = [await startProbed(t), await startProbed(t, 500)]
  const { start, told, heard, pool } = createChecker(t, [fine.origin, faulty.origin])
  start()
  await heard(2)
  t.strictSame([...told].sort(), ['0 passed -', '1 failed down'])
  t.strictSame(pool.upstreams.map(({ isHealthy }) => isHealthy), [true, false])
})

t.test('upstreams that share an address share its probe', async t => {
  const [shared, other] = [await startProbed(t, 500), await startProbed(t)]
  const { start, told, heard, pool } = createChecker(t, [shared.origin, other.origin, shared.origin])
  t.equal(pool.upstreams[0]!.probe, pool.upstreams[2]!.probe)
  start()
  await heard(3)
  t.strictSame([...told].sort(), ['0 failed down', '1 passed -', '2 failed down'])
  t.strictSame([shared.probes, other.probes], [1, 1])
})

t.test('what is told names the address, and its state', async t => {
  const upstream = await startProbed(t, 500)
  const target = createTarget(upstream.origin)
  const report = await new Promise(resolve => {
    const checker = new HealthChecker(RULE, () => 0.5, resolve)
    t.teardown(() => checker.stop())
    checker.start(() => [target, target])
  })
  t.match(report, { target, state: { status: 'down' }, hasPassed: false, change: 'down' })
  t.equal(upstream.probes, 1)
})

t.test('an address that joins is probed at once, and the others when it is their turn', async t => {
  const [first, second] = [await startProbed(t), await startProbed(t)]
  const { start, update, told, heard } = createChecker(t, [first.origin])
  start()
  await heard(1)
  update([first.origin, second.origin])
  await heard(2)
  await setTimeout(20)
  t.strictSame(told, ['0 passed -', '1 passed -'])
  t.strictSame([first.probes, second.probes], [1, 1])
})

t.test('an address whose probe is under way is not probed beside it', async t => {
  const accepted = new EventEmitter()
  let connections = 0
  const origin = await startRawUpstream(t, () => {
    connections++
    accepted.emit('connection')
  })
  const { start, update } = createChecker(t, [origin])
  const connected = once(accepted, 'connection')
  start()
  update([origin])
  await connected
  update([origin, origin])
  await setTimeout(30)
  t.equal(connections, 1)
})

t.test('an address that is gone is probed no longer', async t => {
  const [first, second] = [await startProbed(t), await startProbed(t)]
  const { start, update, heard } = createChecker(t, [first.origin, second.origin], { interval: 10 })
  start()
  await heard(4)
  update([second.origin])
  await setTimeout(10)
  const { probes } = first
  const before = second.probes
  while (second.probes < before + 3) await setTimeout(5)
  t.equal(first.probes, probes)
})

t.test('the probe of an address that is gone is ended without a result', async t => {
  const sockets = new EventEmitter()
  const origin = await startRawUpstream(t, socket => {
    socket.on('close', () => sockets.emit('close')).resume()
    sockets.emit('open')
  })
  const { start, update, told } = createChecker(t, [origin], { timeout: NEVER })
  const opened = once(sockets, 'open')
  start()
  await opened
  const closed = once(sockets, 'close')
  update([])
  await closed
  await setTimeout(20)
  t.strictSame(told, [])
})

t.test('an address that comes back is a new one, of which nothing is known', async t => {
  const upstream = await startProbed(t, 500)
  const { start, update, told, heard, pool } = createChecker(t, [upstream.origin])
  start()
  await heard(1)
  const before = pool.upstreams[0]!.probe
  update([])
  upstream.status = 200
  update([upstream.origin])
  t.equal(pool.upstreams[0]!.probe!.status, 'unknown')
  t.not(pool.upstreams[0]!.probe, before)
  await heard(2)
  t.strictSame(told, ['0 failed down', '0 passed -'])
})

t.test('stopping it leaves no timer and no probe, and nobody is told', async t => {
  const sockets = new EventEmitter()
  const silent = await startRawUpstream(t, socket => socket.on('close', () => sockets.emit('close')).resume())
  const upstream = await startProbed(t)
  const { checker, start, told, heard } = createChecker(t, [silent, upstream.origin], { interval: 10, timeout: 200 })
  start()
  await heard(2)
  const closed = once(sockets, 'close')
  checker.stop()
  const count = told.length
  await closed
  const { probes } = upstream
  await setTimeout(250)
  t.strictSame([upstream.probes, told.length], [probes, count])
})

t.test('upstreams that change when it has stopped are not probed', async t => {
  const [first, second] = [await startProbed(t), await startProbed(t)]
  const { checker, start, update, heard } = createChecker(t, [first.origin])
  start()
  await heard(1)
  checker.stop()
  update([first.origin, second.origin])
  await setTimeout(50)
  t.strictSame([first.probes, second.probes], [1, 0])
})

t.test('who is told may change the upstreams, or stop it all', async t => {
  const upstream = await startProbed(t)
  let count = 0
  const checker: HealthChecker = new HealthChecker({ ...RULE, interval: 10 }, () => 0.5, () => {
    checker.refresh()
    if (++count === 2) checker.stop()
  })
  const location = createLocation({ upstreams: [createTarget(upstream.origin)] })
  const pool = new UpstreamPool(location, { now: () => 0, random: () => 0.5, onHealthChange: () => {} }, target => checker.stateOf(target))
  t.teardown(() => pool.destroy())
  checker.start(() => location.upstreams)
  await aWhile()
  t.strictSame([count, upstream.probes], [2, 2])
})

t.test('the time between two probes does not keep the process alive', async t => {
  const upstream = await startProbed(t)
  const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
  const { start, heard } = createChecker(t, [upstream.origin])
  const before = timers()
  start()
  await heard(1)
  t.equal(timers(), before)
})

t.test('a location whose upstreams fail their probes has none that is usable, until they pass', async t => {
  const upstream = await startProbed(t, 503)
  const dispatcher = createDispatcher(t, locationOf({
    upstreams: [createTarget(upstream.origin)],
    healthCheck: { ...RULE, interval: 10, unhealthyInterval: 10, rise: 1, fall: 1 },
  }))
  t.equal(dispatcher.pool.hasHealthyUpstream, true, 'nothing is known yet')
  dispatcher.startProbes()
  while (dispatcher.pool.hasHealthyUpstream) await setTimeout(5)
  upstream.status = 200
  while (!dispatcher.pool.hasHealthyUpstream) await setTimeout(5)
  t.pass('it is back')
})

t.test('what is probed may be changed before the start', async t => {
  const [first, second] = [await startProbed(t), await startProbed(t)]
  const { start, update } = createChecker(t, [first.origin])
  update([first.origin, second.origin])
  start()
  await aWhile()
  t.strictSame([first.probes, second.probes], [1, 1])
})

t.test('an address that is to be reached in another way is probed in that way', async t => {
  const checker = new HealthChecker(RULE, () => 0.5, () => {})
  const target = createTarget('https://127.0.0.1:1')
  t.not(checker.stateOf(target), checker.stateOf({ ...target, insecure: true }))
})
