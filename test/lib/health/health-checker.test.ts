import { EventEmitter, once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { HealthCheckRule } from '../../../lib/location.ts'
import { HealthChecker } from '../../../lib/health/health-checker.ts'
import type { ProbeReport } from '../../../lib/health/health-source.ts'
import { sendProbe } from '../../../lib/transport/probe.ts'
import { UpstreamPool } from '../../../lib/pool/pool.ts'
import { startRawUpstream, startUpstream } from '../../helpers/upstreams.ts'
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

/** A checker of a pool's upstreams, and its reports: the index of the upstream, whether it passed, and the change. */
function createChecker (t: Test, origins: string[], changes: Partial<HealthCheckRule> = {}) {
  const events = new EventEmitter()
  const reports: string[] = []
  const drawn: number[] = []
  const random = () => {
    drawn.push(reports.length)
    return 0.5
  }
  const onProbe = ({ state, hasPassed, change }: ProbeReport) => {
    pool.upstreams.forEach(({ probe }, index) => {
      if (probe === state) reports.push(`${index} ${hasPassed ? 'passed' : 'failed'} ${change ?? '-'}`)
    })
    events.emit('report')
  }
  const checker = new HealthChecker({ ...RULE, ...changes }, { random, sendProbe, onProbe })
  const targetsOf = (urls: string[]) => urls.map(url => createTarget(url))
  const stateOf = checker.stateOf.bind(checker)
  const pool = new UpstreamPool(
    createLocation({ upstreams: targetsOf(origins) }),
    { now: createClock().now, random, onHealthChange: () => {} },
    stateOf
  )
  t.teardown(() => {
    checker.stop()
    return pool.destroy()
  })
  return {
    checker,
    pool,
    reports,
    drawn,
    start: () => checker.start(() => pool.upstreams.map(({ target }) => target)),
    update: (urls: string[]) => {
      pool.update(targetsOf(urls), stateOf)
      checker.refresh()
    },
    /** Resolves after so many reports. */
    reported: async (count: number) => { while (reports.length < count) await once(events, 'report') },
  }
}

/** Long enough for several probes at an interval of 10 ms. */
const aWhile = () => setTimeout(100)

t.test('an address is probed at once, and not before the start', async t => {
  const upstream = await startProbed(t)
  const { start, reports, reported, pool } = createChecker(t, [upstream.origin])
  await setTimeout(30)
  t.equal(upstream.probes, 0)
  start()
  await reported(1)
  t.strictSame([reports, upstream.probes, pool.upstreams[0]!.probe!.status], [['0 passed -'], 1, 'up'])
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
  const { start, reports, reported, drawn } = createChecker(t, [upstream.origin], { interval: 20 })
  start()
  const startedAt = performance.now()
  await reported(4)
  t.ok(performance.now() - startedAt >= 3 * 18, 'not sooner')
  t.strictSame(reports, ['0 passed -', '0 passed -', '0 passed -', '0 passed -'])
  t.strictSame(drawn.slice(0, 4), [0, 1, 2, 3], 'once a probe')
})

t.test('an address that is down has its own interval, until it is up', async t => {
  const upstream = await startProbed(t, 503)
  const { start, reports, reported, pool } = createChecker(t, [upstream.origin], { unhealthyInterval: 10 })
  start()
  await reported(3)
  t.strictSame(reports.slice(0, 3), ['0 failed down', '0 failed -', '0 failed -'])
  t.equal(pool.upstreams[0]!.isHealthy, false)
  upstream.status = 200
  while (!reports.includes('0 passed up')) await reported(reports.length + 1)
  const { probes } = upstream
  await aWhile()
  t.equal(upstream.probes, probes, 'then it has the long one')
  t.equal(pool.upstreams[0]!.isHealthy, true)
})

t.test('an address that goes down leaves the short interval', async t => {
  const upstream = await startProbed(t)
  const { start, reports, reported } = createChecker(t, [upstream.origin], { interval: 10, fall: 2 })
  start()
  await reported(2)
  upstream.status = 500
  while (!reports.includes('0 failed down')) await reported(reports.length + 1)
  const { probes } = upstream
  await aWhile()
  t.equal(upstream.probes, probes)
})

t.test('the next probe waits for the one before', async t => {
  let connections = 0
  const origin = await startRawUpstream(t, () => connections++)
  const { start, reported } = createChecker(t, [origin], { interval: 1, unhealthyInterval: 1, timeout: 100 })
  start()
  await setTimeout(50)
  t.ok(connections <= 1)
  await reported(2)
  t.ok(connections >= 2)
})

t.test('each upstream has the state of its own address', async t => {
  const [fine, faulty] = [await startProbed(t), await startProbed(t, 500)]
  const { start, reports, reported, pool } = createChecker(t, [fine.origin, faulty.origin])
  start()
  await reported(2)
  t.strictSame([...reports].sort(), ['0 passed -', '1 failed down'])
  t.strictSame(pool.upstreams.map(({ isHealthy }) => isHealthy), [true, false])
})

t.test('upstreams that share an address share its probe', async t => {
  const [shared, other] = [await startProbed(t, 500), await startProbed(t)]
  const { start, reports, reported, pool } = createChecker(t, [shared.origin, other.origin, shared.origin])
  t.equal(pool.upstreams[0]!.probe, pool.upstreams[2]!.probe)
  start()
  await reported(3)
  t.strictSame([...reports].sort(), ['0 failed down', '1 passed -', '2 failed down'])
  t.strictSame([shared.probes, other.probes], [1, 1])
})

t.test('a report names the address, and its state', async t => {
  const upstream = await startProbed(t, 500)
  const target = createTarget(upstream.origin)
  const report = await new Promise(resolve => {
    const checker = new HealthChecker(RULE, { random: () => 0.5, sendProbe, onProbe: resolve })
    t.teardown(() => checker.stop())
    checker.start(() => [target, target])
  })
  t.match(report, { target, state: { status: 'down' }, hasPassed: false, change: 'down' })
  t.equal(upstream.probes, 1)
})

t.test('an address that joins is probed at once, and the others when it is their turn', async t => {
  const [first, second] = [await startProbed(t), await startProbed(t)]
  const { start, update, reports, reported } = createChecker(t, [first.origin])
  start()
  await reported(1)
  update([first.origin, second.origin])
  await reported(2)
  await setTimeout(20)
  t.strictSame(reports, ['0 passed -', '1 passed -'])
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
  const { start, update, reported } = createChecker(t, [first.origin, second.origin], { interval: 10 })
  start()
  await reported(4)
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
  const { start, update, reports } = createChecker(t, [origin], { timeout: NEVER })
  const opened = once(sockets, 'open')
  start()
  await opened
  const closed = once(sockets, 'close')
  update([])
  await closed
  await setTimeout(20)
  t.strictSame(reports, [])
})

t.test('an address that comes back is a new one, of which nothing is known', async t => {
  const upstream = await startProbed(t, 500)
  const { start, update, reports, reported, pool } = createChecker(t, [upstream.origin])
  start()
  await reported(1)
  const before = pool.upstreams[0]!.probe
  update([])
  upstream.status = 200
  update([upstream.origin])
  t.equal(pool.upstreams[0]!.probe!.status, 'unknown')
  t.not(pool.upstreams[0]!.probe, before)
  await reported(2)
  t.strictSame(reports, ['0 failed down', '0 passed -'])
})

t.test('stopping it leaves no timer and no probe, and nothing is reported', async t => {
  const sockets = new EventEmitter()
  const silent = await startRawUpstream(t, socket => socket.on('close', () => sockets.emit('close')).resume())
  const upstream = await startProbed(t)
  const { checker, start, reports, reported } = createChecker(t, [silent, upstream.origin], {
    interval: 10,
    timeout: 200,
  })
  start()
  await reported(2)
  const closed = once(sockets, 'close')
  checker.stop()
  const count = reports.length
  await closed
  const { probes } = upstream
  await setTimeout(250)
  t.strictSame([upstream.probes, reports.length], [probes, count])
})

t.test('upstreams that change when it has stopped are not probed', async t => {
  const [first, second] = [await startProbed(t), await startProbed(t)]
  const { checker, start, update, reported } = createChecker(t, [first.origin])
  start()
  await reported(1)
  checker.stop()
  update([first.origin, second.origin])
  await setTimeout(50)
  t.strictSame([first.probes, second.probes], [1, 0])
})

t.test('the listener may change the upstreams, or stop the checker', async t => {
  const upstream = await startProbed(t)
  let count = 0
  const checker: HealthChecker = new HealthChecker({ ...RULE, interval: 10 }, {
    random: () => 0.5,
    sendProbe,
    onProbe () {
      checker.refresh()
      if (++count === 2) checker.stop()
    },
  })
  const location = createLocation({ upstreams: [createTarget(upstream.origin)] })
  const pool = new UpstreamPool(location, { now: () => 0, random: () => 0.5, onHealthChange: () => {} }, target =>
    checker.stateOf(target)
  )
  t.teardown(() => pool.destroy())
  checker.start(() => location.upstreams)
  await aWhile()
  t.strictSame([count, upstream.probes], [2, 2])
})

t.test('the time between two probes does not keep the process alive', async t => {
  const upstream = await startProbed(t)
  const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
  const { start, reported } = createChecker(t, [upstream.origin])
  const before = timers()
  start()
  await reported(1)
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
  const checker = new HealthChecker(RULE, { random: () => 0.5, sendProbe, onProbe: () => {} })
  const target = createTarget('https://127.0.0.1:1')
  t.not(checker.stateOf(target), checker.stateOf({ ...target, insecure: true }))
})
