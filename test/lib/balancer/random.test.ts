import t from 'tap'
import { createRandom as createRandomBalancer } from '../../../lib/balancer/random.ts'
import { countPicks, createRandom, offShare, poolOf, wideOf } from './pool.ts'

const rows: { name: string, shares: Record<string, number> }[] = [
  { name: 'equal', shares: { a: 1, b: 1, c: 1 } },
  { name: '3:1:1', shares: { a: 3, b: 1, c: 1 } },
  { name: 'one drained', shares: { a: 0, b: 2, c: 1 } },
  { name: 'fractions', shares: { a: 0.05, b: 0.2 } },
]

for (const { name, shares } of rows) {
  t.test(`random picks follow the shares: ${name}`, async t => {
    const balancer = createRandomBalancer(createRandom(3))
    const pool = poolOf(shares)
    t.strictSame(offShare(countPicks(20_000, () => balancer.pick(pool)), shares, 0.01), {})
  })
}

t.test('an empty pool has no pick', async t => {
  const balancer = createRandomBalancer(createRandom(4))
  t.equal(balancer.pick([]), undefined)
  t.equal(balancer.pick(poolOf({ a: 0 })), undefined)
})

t.test('1,000 candidates are all picked', async t => {
  const balancer = createRandomBalancer(createRandom(5))
  const pool = wideOf(1000)
  t.equal(Object.keys(countPicks(20_000, () => balancer.pick(pool))).length, 1000)
})
