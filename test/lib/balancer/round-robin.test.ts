import t from 'tap'
import { createRoundRobin } from '../../../lib/balancer/round-robin.ts'
import { countPicks, offShare, wideOf } from './pool.ts'

interface Named {
  name: string
  share: number
  score: number
}

const poolOf = (shares: Record<string, number>): Named[] =>
  Object.entries(shares).map(([name, share]) => ({ name, share, score: 0 }))

const pickMany = (pool: readonly Named[], count: number, { pick } = createRoundRobin()): string =>
  Array.from({ length: count }, () => pick(pool)?.name ?? '-').join('')

const sequences: { name: string, weights: Record<string, number>, picks: string }[] = [
  { name: 'an empty pool has no pick', weights: {}, picks: '----' },
  { name: 'equal weights take turns in the order of the configuration', weights: { a: 1, b: 1, c: 1 }, picks: 'abcabc' },
  { name: '3:1 puts the light one in the middle of the heavy one', weights: { a: 3, b: 1 }, picks: 'aabaaaba' },
  { name: '5:1:1 is the example of nginx', weights: { a: 5, b: 1, c: 1 }, picks: 'aabacaa' },
  { name: 'weight 0 is drained', weights: { a: 0, b: 1, c: 0 }, picks: 'bbbb' },
  { name: 'only zeros have no pick', weights: { a: 0, b: 0 }, picks: '--' },
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
  const balancer = createRoundRobin()
  const pool = poolOf({ a: 1, b: 1 })
  pickMany(pool, 101, balancer)
  const wider = [...pool, ...poolOf({ c: 1 })]
  t.strictSame([...pickMany(wider, 3, balancer)].sort(), ['a', 'b', 'c'])
})

t.test('after a while without an available upstream all continue where they were', async t => {
  const balancer = createRoundRobin()
  const pool = poolOf({ a: 3, b: 1, c: 1 })
  t.equal(pickMany(pool, 2, balancer), 'ab')
  setShares(pool, [0, 0, 0])
  t.equal(pickMany(pool, 3, balancer), '---')
  setShares(pool, [3, 1, 1])
  t.equal(pickMany(pool, 8, balancer), 'acaabaca')
})

t.test('1,000 candidates take turns', async t => {
  const balancer = createRoundRobin()
  const pool = wideOf(1000)
  const counts = countPicks(3000, () => balancer.pick(pool))
  t.strictSame(offShare(counts, Object.fromEntries(pool.map(({ name }) => [name, 1])), 0), {})
})

function setShares (pool: readonly Named[], shares: readonly number[]): void {
  pool.forEach((candidate, index) => { candidate.share = shares[index]! })
}

/** By how many picks somebody was furthest from their share, at any moment. */
function greatestDeviation (picks: string, shares: Record<string, number>): number {
  const total = Object.values(shares).reduce((sum, share) => sum + share, 0)
  return Math.max(0, ...Object.entries(shares).map(([name, share]) => {
    let picked = 0
    return Math.max(...Array.from(picks, (pick, index) => {
      if (pick === name) picked++
      return Math.abs(picked - (index + 1) * share / total)
    }))
  }))
}

const leavings: { name: string, shares: [number, number, number], longestRow: number }[] = [
  { name: '3:1:1', shares: [3, 1, 1], longestRow: 2 },
  { name: '100:1:1', shares: [100, 1, 1], longestRow: 2 },
  { name: '10:7:3', shares: [10, 7, 3], longestRow: 5 },
]

for (const { name, shares, longestRow } of leavings) {
  const [a, b, c] = shares
  const cycle = a + b + c

  t.test(`${name} without the first is ${b}:${c}, and ${name} again when it is back, at any phase`, async t => {
    const wrong: string[] = []
    for (let before = 0; before < cycle; before++) {
      for (let without = 0; without <= 2 * (b + c); without++) {
        const balancer = createRoundRobin()
        const pool = poolOf({ a, b, c })
        pickMany(pool, before, balancer)
        setShares(pool, [0, b, c])
        const others = pickMany(pool, without, balancer)
        setShares(pool, shares)
        const all = pickMany(pool, 3 * cycle, balancer)

        const phase = `${before} picks before, ${without} without`
        if (others.includes('a') || greatestDeviation(others, { b, c }) > 1.01) wrong.push(`${phase}: ${others}`)
        if (new RegExp(`(.)\\1{${longestRow}}`).test(others)) wrong.push(`${phase}: ${others} is not spread out`)
        if (greatestDeviation(all, { a, b, c }) > 1.5) wrong.push(`${phase}: ${all} on return`)
      }
    }
    t.strictSame(wrong, [])
  })
}

t.test('one that comes and goes all the time does not change the ratio of the others', async t => {
  const balancer = createRoundRobin()
  const pool = poolOf({ a: 3, b: 2, c: 1 })
  let picks = ''
  for (let round = 0; round < 3000; round++) {
    setShares(pool, round % 2 === 0 ? [3, 2, 1] : [0, 2, 1])
    picks += pickMany(pool, 1 + round % 7, balancer)
  }
  const [a, b, c] = ['a', 'b', 'c'].map(name => picks.split(name).length - 1) as [number, number, number]
  t.ok(Math.abs(b - 2 * c) <= 4, `${b}:${c}`)
  t.ok(a > 2900, 'and it gets about half of the picks while it is there')
})

t.test('a share that grows with every pick is kept all the time', async t => {
  const balancer = createRoundRobin()
  const pool = poolOf({ a: 0, b: 1 })
  let owed = 0
  let picked = 0
  let deviation = 0
  for (let percent = 1; percent <= 100; percent++) {
    pool[0]!.share = percent / 100
    owed += pool[0]!.share / (pool[0]!.share + 1)
    if (balancer.pick(pool)?.name === 'a') picked++
    deviation = Math.max(deviation, Math.abs(owed - picked))
  }
  t.ok(deviation <= 1, `${deviation} picks`)
})
