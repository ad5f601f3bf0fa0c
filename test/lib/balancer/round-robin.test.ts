import t from 'tap'
import { type Candidate, pickRoundRobin } from '../../../lib/balancer/round-robin.ts'

type Named = Candidate & { name: string }

const poolOf = (weights: Record<string, number>): Named[] =>
  Object.entries(weights).map(([name, weight]) => ({ name, weight, score: 0 }))

const pickMany = (pool: readonly Named[], count: number): string =>
  Array.from({ length: count }, () => pickRoundRobin(pool)?.name ?? '-').join('')

const sequences: { name: string, weights: Record<string, number>, picks: string }[] = [
  { name: 'an empty pool has nobody to pick', weights: {}, picks: '----' },
  { name: 'equal weights take turns in the order of the configuration', weights: { a: 1, b: 1, c: 1 }, picks: 'abcabc' },
  { name: '3:1 puts the light one in the middle of the heavy one', weights: { a: 3, b: 1 }, picks: 'aabaaaba' },
  { name: '5:1:1 is the example of nginx', weights: { a: 5, b: 1, c: 1 }, picks: 'aabacaa' },
  { name: 'weight 0 is drained', weights: { a: 0, b: 1, c: 0 }, picks: 'bbbb' },
  { name: 'only zeros pick nobody', weights: { a: 0, b: 0 }, picks: '--' },
  { name: 'a fraction is a share like any other', weights: { a: 0.5, b: 1.5 }, picks: 'babbbabb' },
]

for (const { name, weights, picks } of sequences) {
  t.test(name, async t => {
    t.equal(pickMany(poolOf(weights), picks.length), picks)
  })
}

const ratios: { name: string, weights: Record<string, number>, cycle: number, shares: Record<string, number> }[] = [
  { name: '3:1', weights: { a: 3, b: 1 }, cycle: 4, shares: { a: 3, b: 1 } },
  { name: '7:2:1', weights: { a: 7, b: 2, c: 1 }, cycle: 10, shares: { a: 7, b: 2, c: 1 } },
  { name: '0.75:0.25', weights: { a: 0.75, b: 0.25 }, cycle: 4, shares: { a: 3, b: 1 } },
  { name: '4:0:1', weights: { a: 4, b: 0, c: 1 }, cycle: 5, shares: { a: 4, c: 1 } },
]

for (const { name, weights, cycle, shares } of ratios) {
  t.test(`${name} is exact in every run of ${cycle} picks, wherever it begins`, async t => {
    const picks = pickMany(poolOf(weights), 1000)
    const wrong: string[] = []
    for (let start = 0; start + cycle <= picks.length; start++) {
      const run = picks.slice(start, start + cycle)
      if (Object.entries(shares).some(([key, share]) => run.split(key).length - 1 !== share)) wrong.push(run)
    }
    t.strictSame(wrong, [])
  })
}

t.test('weights that binary fractions only approach keep their ratio in the long run', async t => {
  const picks = pickMany(poolOf({ a: 0.3, b: 0.1 }), 40_000)
  t.ok(Math.abs(picks.split('b').length - 1 - 10_000) <= 1)
  t.notMatch(picks, /bb|aaaaa/, 'and stay spread out')
})

t.test('a candidate that joins later gets its share, and does not catch up', async t => {
  const pool = poolOf({ a: 1, b: 1 })
  pickMany(pool, 101)
  const wider = [...pool, { name: 'c', weight: 1, score: 0 }]
  t.strictSame([...pickMany(wider, 3)].sort(), ['a', 'b', 'c'])
})
