import t from 'tap'
import { createLeastRequest } from '../../../lib/balancer/least-request.ts'
import { countPicks, createRandom, offShare, poolOf, wideOf } from './pool.ts'

const idle: { name: string, shares: Record<string, number> }[] = [
  { name: '1:1', shares: { a: 1, b: 1 } },
  { name: '3:1:1', shares: { a: 3, b: 1, c: 1 } },
  { name: '2:1 and one drained', shares: { a: 2, b: 0, c: 1 } },
]

for (const { name, shares } of idle) {
  t.test(`an idle pool follows its weights: ${name}`, async t => {
    const balancer = createLeastRequest(createRandom(6))
    const pool = poolOf(shares)
    t.strictSame(offShare(countPicks(20_000, () => balancer.pick(pool)), shares, 0.01), {})
  })
}

const busy: { name: string, shares: Record<string, number>, inFlight: number[], avoided: string }[] = [
  { name: 'one more than the others', shares: { a: 1, b: 1, c: 1 }, inFlight: [0, 1, 0], avoided: 'b' },
  { name: 'more for its share', shares: { a: 4, b: 1, c: 1 }, inFlight: [4, 2, 1], avoided: 'b' },
  { name: 'a heavy one that has more than its share', shares: { a: 3, b: 1, c: 1 }, inFlight: [4, 1, 1], avoided: 'a' },
]

for (const { name, shares, inFlight, avoided } of busy) {
  t.test(`the busiest is never picked: ${name}`, async t => {
    const balancer = createLeastRequest(createRandom(7))
    const pool = poolOf(shares)
    pool.forEach((candidate, index) => { candidate.inFlight = inFlight[index]! })
    const counts = countPicks(1000, () => balancer.pick(pool))
    t.equal(counts[avoided], undefined)
    t.equal(Object.keys(counts).length, 2)
  })
}

t.test('requests that do not end are spread by the weights', async t => {
  const balancer = createLeastRequest(createRandom(8))
  const pool = poolOf({ a: 3, b: 1, c: 1 })
  for (let i = 0; i < 5000; i++) balancer.pick(pool)!.inFlight++
  const counts = Object.fromEntries(pool.map(({ name, inFlight }) => [name, inFlight]))
  t.strictSame(offShare(counts, { a: 3, b: 1, c: 1 }, 0.001), {})
})

t.test('one alone is picked however busy it is, and an empty pool has no pick', async t => {
  const balancer = createLeastRequest(createRandom(9))
  const pool = poolOf({ a: 0, b: 1 })
  pool[1]!.inFlight = 1000
  t.equal(balancer.pick(pool)?.name, 'b')
  t.equal(balancer.pick(poolOf({ a: 0 })), undefined)
})

t.test('of 1,000 candidates the busy half is avoided', async t => {
  const balancer = createLeastRequest(createRandom(10))
  const pool = wideOf(1000)
  pool.forEach((candidate, index) => { candidate.inFlight = index < 500 ? 10 : 0 })
  let busyPicks = 0
  for (let i = 0; i < 10_000; i++) if (balancer.pick(pool)!.inFlight > 0) busyPicks++
  t.ok(Math.abs(busyPicks / 10_000 - 0.25) < 0.02, 'picked only where both draws are busy')
})
