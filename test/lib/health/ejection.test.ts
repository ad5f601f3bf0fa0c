import t from 'tap'
import { isPanicking, mayEject } from '../../../lib/health/ejection.ts'

/** How many a pool spares when all of them fail. */
function countEjections (members: number, maxEjectionPercent: number): number {
  let ejected = 0
  while (mayEject(ejected, members, maxEjectionPercent)) ejected++
  return ejected
}

const quotas: [name: string, members: number, percent: number, expected: number][] = [
  ['a pool of none', 0, 100, 0],
  ['a pool of one keeps it', 1, 100, 0],
  ['half of 2', 2, 50, 1],
  ['half of 3, rounded down', 3, 50, 1],
  ['half of 4', 4, 50, 2],
  ['less than one is none', 3, 33, 0],
  ['a third of 3', 3, 34, 1],
  ['a fraction of a percent', 1000, 0.1, 1],
  ['exact where binary fractions are not', 50, 58, 29],
  ['all of them', 3, 100, 3],
  ['none of them', 10, 0, 0],
]

for (const [name, members, percent, expected] of quotas) {
  t.test(`quota: ${name}: ${percent} % of ${members} is ${expected}`, async t => t.equal(countEjections(members, percent), expected))
}

t.test('a quota that is exceeded because members left spares no more', async t => t.equal(mayEject(3, 4, 50), false))

const panics: [name: string, available: number, members: number, threshold: number, expected: boolean][] = [
  ['exactly the threshold is none', 1, 2, 50, false],
  ['fewer than the threshold', 1, 3, 50, true],
  ['more than the threshold', 2, 3, 50, false],
  ['none available', 0, 2, 50, true],
  ['all available, and all wanted', 2, 2, 100, false],
  ['one missing, and all wanted', 1, 2, 100, true],
  ['never with a threshold of 0', 0, 2, 0, false],
  ['an empty pool', 0, 0, 50, false],
]

for (const [name, available, members, threshold, expected] of panics) {
  t.test(`panic: ${name}`, async t => t.equal(isPanicking(available, members, threshold), expected))
}
