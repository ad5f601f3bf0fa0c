import t from 'tap'
import type { Latency } from '../../../lib/balancer/candidate.ts'
import { createEwma, createLatency, DECAY_TIME, FAILURE_LATENCY, isObserved, observe, readEstimate } from '../../../lib/balancer/ewma.ts'
import { countPicks, createRandom, type Fake, offShare, poolOf, wideOf } from './pool.ts'

type Observation = [elapsed: number, isFailure: boolean, now: number]

function observed (...observations: Observation[]): Latency {
  const latency = createLatency()
  for (const observation of observations) observe(latency, ...observation)
  return latency
}

const HALF = DECAY_TIME * Math.LN2

const rows: { name: string, observations: Observation[], now: number, estimate: number }[] = [
  { name: 'nothing observed', observations: [], now: 5, estimate: 0 },
  { name: 'the first one counts whole', observations: [[80, false, 0]], now: 0, estimate: 80 },
  { name: 'the first one counts whole on a clock that has been running', observations: [[80, false, 1e12]], now: 1e12, estimate: 80 },
  { name: 'a rise counts at once', observations: [[80, false, 0], [300, false, 1]], now: 1, estimate: 300 },
  { name: 'a fall at the same moment counts nothing', observations: [[80, false, 0], [20, false, 0]], now: 0, estimate: 80 },
  { name: 'a fall counts half after half of the time', observations: [[80, false, 0], [20, false, HALF]], now: HALF, estimate: 50 },
  { name: 'a fall counts nearly whole when the last news are old', observations: [[80, false, 0], [20, false, 40 * DECAY_TIME]], now: 40 * DECAY_TIME, estimate: 20 },
  { name: 'without news it fades', observations: [[80, false, 0]], now: 2 * HALF, estimate: 20 },
  { name: 'a fast failure is slow', observations: [[2, true, 0]], now: 0, estimate: FAILURE_LATENCY },
  { name: 'a slow failure is as slow as it was', observations: [[5000, true, 0]], now: 0, estimate: 5000 },
  { name: 'a failure fades like anything else', observations: [[2, true, 0]], now: HALF, estimate: FAILURE_LATENCY / 2 },
  { name: 'a clock that was set back changes nothing', observations: [[80, false, 1000], [20, false, 500]], now: 400, estimate: 80 },
]

for (const { name, observations, now, estimate } of rows) {
  t.test(`peak ewma: ${name}`, async t => {
    const actual = readEstimate(observed(...observations), now)
    t.ok(Math.abs(actual - estimate) < 1e-9, `${actual} is ${estimate}`)
  })
}

t.test('it is known whether there is an observation, even of 0 ms at time 0', async t => {
  t.equal(isObserved(createLatency()), false)
  t.equal(isObserved(observed([0, false, 0])), true)
})

t.test('reading changes nothing', async t => {
  const latency = observed([80, false, 0])
  readEstimate(latency, DECAY_TIME)
  t.strictSame(latency, { estimate: 80, observedAt: 0 })
})

interface Answer {
  elapsed: number
  isFailure?: boolean
}

/** One request every `interval` ms; each ends before the next begins. */
function runRequests (
  pool: readonly Fake[],
  answers: Record<string, Answer>,
  count: number,
  interval = 10
): Record<string, number> {
  let time = 0
  const balancer = createEwma(createRandom(11), () => time)
  return countPicks(count, () => {
    const picked = balancer.pick(pool)
    time += interval
    const { elapsed, isFailure = false } = answers[picked!.name]!
    observe(picked!.latency, elapsed, isFailure, time)
    return picked
  })
}

t.test('without a history equals take turns by chance', async t => {
  const balancer = createEwma(createRandom(12), () => 0)
  const pool = poolOf({ a: 1, b: 1, c: 1, d: 0 })
  t.strictSame(offShare(countPicks(20_000, () => balancer.pick(pool)), { a: 1, b: 1, c: 1 }, 0.01), {})
})

t.test('many requests under way at equally fast ones are spread by the weights', async t => {
  const balancer = createEwma(createRandom(16), () => 0)
  const pool = poolOf({ a: 3, b: 1, c: 1 })
  for (let i = 0; i < 5000; i++) balancer.pick(pool)!.inFlight++
  const counts = Object.fromEntries(pool.map(({ name, inFlight }) => [name, inFlight]))
  t.strictSame(offShare(counts, { a: 3, b: 1, c: 1 }, 0.01), {})
})

t.test('weights hold as well while there is little to do, although no two are equally fast', async t => {
  for (const [a, b] of [[20, 21], [21, 20]] as const) {
    const counts = runRequests(poolOf({ a: 95, b: 5 }), { a: { elapsed: a }, b: { elapsed: b } }, 20_000)
    t.strictSame(offShare(counts, { a: 95, b: 5 }, 0.02), {})
  }
})

t.test('differences below a millisecond do not matter', async t => {
  const counts = runRequests(poolOf({ a: 1, b: 1 }), { a: { elapsed: 0.1 }, b: { elapsed: 0.9 } }, 10_000)
  t.strictSame(offShare(counts, { a: 1, b: 1 }, 0.02), {})
})

t.test('a slow one gets far fewer, but is tried again', async t => {
  const counts = runRequests(
    poolOf({ a: 1, b: 1, c: 1 }),
    { a: { elapsed: 20 }, b: { elapsed: 400 }, c: { elapsed: 20 } },
    20_000
  )
  t.ok(counts.b! > 0)
  t.ok(counts.b! < 100, `${counts.b} of 20000`)
})

t.test('one that fails fast is not attractive', async t => {
  const counts = runRequests(
    poolOf({ a: 1, b: 1, c: 1 }),
    { a: { elapsed: 20 }, b: { elapsed: 1, isFailure: true }, c: { elapsed: 20 } },
    20_000
  )
  t.ok(counts.b! > 0)
  t.ok(counts.b! < 50, `${counts.b} of 20000`)
})

const comparisons: { name: string, expected: string, arrange: (first: Fake, second: Fake) => void }[] = [
  { name: 'the faster', expected: 'b', arrange: a => observe(a.latency, 30, false, 0) },
  { name: 'the less busy of equally fast ones', expected: 'b', arrange: a => { a.inFlight = 1 } },
  { name: 'a slower one with less to do', expected: 'b', arrange: (a, b) => { a.inFlight = 5; observe(b.latency, 30, false, 0) } },
  { name: 'a faster one with more to do', expected: 'a', arrange: (a, b) => { a.inFlight = 1; observe(b.latency, 40, false, 0) } },
  { name: 'the greater share of equally busy ones', expected: 'b', arrange: (a, b) => { a.inFlight = b.inFlight = 1; b.share = 4 } },
]

for (const { name, expected, arrange } of comparisons) {
  t.test(`of two it picks ${name}`, async t => {
    const pool = poolOf({ a: 1, b: 1 })
    for (const { latency } of pool) observe(latency, 10, false, 0)
    arrange(pool[0]!, pool[1]!)
    // Both are always drawn, the first candidate or the second first.
    for (const number of [0, 0.9]) t.equal(createEwma(() => number, () => 0).pick(pool)?.name, expected)
  })
}

const means: { name: string, inFlight: number, expected: string }[] = [
  { name: 'with 3 under way 60 ms are expected', inFlight: 3, expected: 'newcomer' },
  { name: 'with 13 under way 160 ms are expected', inFlight: 13, expected: 'known' },
]

for (const { name, inFlight, expected } of means) {
  t.test(`a newcomer is as fast as the mean of those that are known and take requests: ${name}`, async t => {
    // 30 ms is the mean of 100, 10, 5 and 5; each under way costs a third of that, as the two have three times the mean
    // share. Beside the heavy two the others are not drawn at these numbers.
    const pool = poolOf({ known: 1e9, b: 1, c: 1, d: 1, other: 1, drained: 0, newcomer: 1e9 })
    const elapsed: Record<string, number> = { known: 100, b: 10, c: 5, d: 5, drained: 9999 }
    for (const candidate of pool) {
      if (candidate.name in elapsed) observe(candidate.latency, elapsed[candidate.name]!, false, 0)
    }
    pool.at(-1)!.inFlight = inFlight
    for (const number of [0.1, 0.9]) t.equal(createEwma(() => number, () => 0).pick(pool)?.name, expected)
  })
}

t.test('an estimate decays, and an upstream that was slow is picked again', async t => {
  let time = 0
  const balancer = createEwma(() => 0, () => time)
  const pool = poolOf({ slow: 1, fast: 1 })
  observe(pool[0]!.latency, 1000, false, 0)
  observe(pool[1]!.latency, 10, false, 0)
  t.equal(balancer.pick(pool)?.name, 'fast')
  time = 5 * DECAY_TIME
  observe(pool[1]!.latency, 10, false, time)
  t.equal(balancer.pick(pool)?.name, 'slow')
})

t.test('one that hangs after a long silence does not get everything, although its estimate is nothing', async t => {
  const time = 1000 * DECAY_TIME
  const balancer = createEwma(createRandom(14), () => time)
  const pool = poolOf({ hanging: 1, fine: 1 })
  observe(pool[0]!.latency, 10, false, 0)
  observe(pool[1]!.latency, 10, false, time)
  const counts = countPicks(1000, () => {
    const picked = balancer.pick(pool)!
    if (picked.name === 'hanging') picked.inFlight++
    return picked
  })
  t.strictSame(counts, { hanging: counts.hanging, fine: 1000 - counts.hanging! })
  t.ok(counts.hanging! <= 20, `${counts.hanging}`)
})

t.test('an empty pool has no pick', async t => {
  t.equal(createEwma(() => 0, () => 0).pick(poolOf({ a: 0 })), undefined)
})

t.test('of 1,000 candidates the slow half is avoided', async t => {
  const pool = wideOf(1000)
  const answers = Object.fromEntries(pool.map(({ name }, index) => [name, { elapsed: index < 500 ? 500 : 5 }]))
  runRequests(pool, answers, 5000, 0)
  const counts = runRequests(pool, answers, 10_000, 0)
  const slowPicks = pool.slice(0, 500).reduce((sum, { name }) => sum + (counts[name] ?? 0), 0)
  t.ok(slowPicks < 3000, `${slowPicks} of 10000, where chance would be 5000`)
})
