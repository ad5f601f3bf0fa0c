import t from 'tap'
import { slowStartFactor } from '../../../lib/health/slow-start.ts'

const rule = { window: 30_000, minWeightPercent: 10 }
const since = 1000

const factors: [
  name: string,
  rule: { window: number; minWeightPercent: number },
  since: number,
  now: number,
  expected: number
][] = [
  ['the least in the moment in which it joins', rule, since, since, 0.1],
  ['the least before that', rule, since, since - 500, 0.1],
  ['half of what is missing after half of the window', rule, since, since + 15_000, 0.55],
  ['the whole at its end', rule, since, since + 30_000, 1],
  ['no more than the whole', rule, since, since + 1e9, 1],
  ['the whole for an upstream that is there from the start', rule, -Infinity, 0, 1],
  ['the whole at once without a window', { ...rule, window: 0 }, since, since, 1],
  ['the whole without a window, before it joins too', { ...rule, window: 0 }, since, since - 500, 1],
  ['nothing at first, if that is the least', { ...rule, minWeightPercent: 0 }, since, since, 0],
  ['all the time the whole, if that is the least', { ...rule, minWeightPercent: 100 }, since, since + 7, 1],
]

for (const [name, rule, since, now, expected] of factors) {
  t.test(`slow start: ${name}`, async t => t.equal(slowStartFactor(rule, since, now), expected))
}

t.test('slow start: the share only ever grows, by equal steps', async t => {
  const shares = Array.from({ length: 31 }, (_, second) => slowStartFactor(rule, since, since + second * 1000))
  const steps = shares.slice(1).map((share, index) => share - shares[index]!)
  t.ok(steps.every(step => Math.abs(step - 0.03) < 1e-9))
})
