import t from 'tap'
import { createRandom as createRandomBalancer, draw, drawCheaper } from '../../../lib/balancer/random.ts'
import { countPicks, createRandom, offShare, poolOf, wideOf } from './pool.ts'

const rows: {
  name: string
  shares: Record<string, number>
  random: number
  except?: number
  drawn: string | undefined
}[] = [
  { name: 'an empty pool', shares: {}, random: 0.5, drawn: undefined },
  { name: 'only zeros', shares: { a: 0, b: 0 }, random: 0, drawn: undefined },
  { name: "the lowest number is the first one's", shares: { a: 1, b: 1 }, random: 0, drawn: 'a' },
  { name: 'the lowest number is not for a first one without a share', shares: { a: 0, b: 1 }, random: 0, drawn: 'b' },
  { name: 'just below the border', shares: { a: 1, b: 3 }, random: 0.2499, drawn: 'a' },
  { name: 'on the border', shares: { a: 1, b: 3 }, random: 0.25, drawn: 'b' },
  { name: "the highest number is the last one's", shares: { a: 1, b: 1, c: 0 }, random: 1 - 2 ** -53, drawn: 'b' },
  { name: 'rounding that leaves a rest', shares: { a: 0.1, b: 0.2, c: 0 }, random: 1, drawn: 'b' },
  { name: 'one but itself', shares: { a: 1 }, random: 0, except: 0, drawn: undefined },
  { name: 'the first of the others', shares: { a: 1, b: 1, c: 1 }, random: 0, except: 0, drawn: 'b' },
  { name: 'the others share the range of numbers', shares: { a: 2, b: 8, c: 2 }, random: 0.5, except: 1, drawn: 'c' },
]

for (const { name, shares, random, except, drawn } of rows) {
  t.test(`draw: ${name}`, async t => {
    const pool = poolOf(shares)
    t.equal(draw(pool, () => random, except === undefined ? undefined : pool[except])?.name, drawn)
  })
}

t.test('a second draw follows the weights of the rest', async t => {
  const random = createRandom(1)
  const pool = poolOf({ a: 5, b: 3, c: 1, d: 0 })
  t.strictSame(offShare(countPicks(20_000, () => draw(pool, random, pool[0])), { b: 3, c: 1 }, 0.01), {})
})

t.test('two draws are never one candidate twice', async t => {
  const random = createRandom(2)
  const pool = poolOf({ a: 100, b: 1, c: 0 })
  const compared = new Set<string>()
  for (let i = 0; i < 1000; i++) {
    const names: string[] = []
    drawCheaper(pool, random, ({ name }: { name: string, share: number }) => names.push(name))
    compared.add(names.sort().join(''))
  }
  t.strictSame(compared, new Set(['ab']))
})

t.test('of equals the first drawn is taken', async t => {
  const pool = poolOf({ a: 1, b: 1 })
  t.equal(drawCheaper(pool, () => 0, () => 7)?.name, 'a')
  t.equal(drawCheaper(pool, () => 0.9, () => 7)?.name, 'b')
})

t.test('one alone is drawn without a question', async t => {
  const [only] = poolOf({ a: 1 })
  t.equal(drawCheaper([only!], () => 0.9, () => t.fail('nobody to compare it with') ? 0 : 1), only)
})

const pools: { name: string, shares: Record<string, number> }[] = [
  { name: 'equal', shares: { a: 1, b: 1, c: 1 } },
  { name: '3:1:1', shares: { a: 3, b: 1, c: 1 } },
  { name: 'one drained', shares: { a: 0, b: 2, c: 1 } },
  { name: 'fractions', shares: { a: 0.05, b: 0.2 } },
]

for (const { name, shares } of pools) {
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
