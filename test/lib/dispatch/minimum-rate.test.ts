import t from 'tap'
import { MIN_BYTES, MinimumRate } from '../../../lib/dispatch/minimum-rate.ts'

const WINDOW = 1000

const clients: [name: string, looks: [now: number, total: number, isStalled: boolean][]][] = [
  ['one that sends nothing', [[250, 0, false], [999, 0, false], [1000, 0, true]]],
  ['one that sends too little', [[500, 40, false], [1000, MIN_BYTES - 1, true]]],
  ['one that sends just enough', [[1000, MIN_BYTES, false], [2000, 2 * MIN_BYTES, false], [3000, 3 * MIN_BYTES, false]]],
  ['one that stops', [[500, 1_000_000, false], [1499, 1_000_000, false], [1500, 1_000_000, true]]],
  ['a look that finds enough begins a window', [[500, MIN_BYTES, false], [1499, MIN_BYTES + 1, false], [1500, 2 * MIN_BYTES - 1, true]]],
  ['a look that finds too little does not', [[900, MIN_BYTES - 1, false], [1000, MIN_BYTES - 1, true]]],
  ['what came together over two looks counts', [[400, 40, false], [800, 80, false], [1799, 80, false], [1800, 80, true]]],
  ['what moved before a late look', [[5000, MIN_BYTES, false], [5999, MIN_BYTES, false], [6000, MIN_BYTES, true]]],
  ['one that goes on after all', [[1000, 0, true], [1250, MIN_BYTES, false], [2000, MIN_BYTES, false]]],
]

for (const [name, looks] of clients) {
  t.test(`stalled: ${name}`, async t => {
    const start = 70_000
    const rate = new MinimumRate(WINDOW, start)
    for (const [now, total, isStalled] of looks) t.equal(rate.isStalled(total, start + now), isStalled, `${total} bytes after ${now} ms`)
  })
}

t.test('the next check is a quarter of a window away', async t => {
  const rate = new MinimumRate(WINDOW, 70_000)
  t.equal(rate.deadline, 70_250)
  rate.isStalled(0, 70_260)
  t.equal(rate.deadline, 70_510)
  rate.isStalled(MIN_BYTES, 70_600)
  t.equal(rate.deadline, 70_850)
})

t.test('without a window nothing stalls, and there are no checks', async t => {
  const rate = new MinimumRate(0, 0)
  t.equal(rate.deadline, Infinity)
  t.equal(rate.isStalled(0, 1e9), false)
  t.equal(rate.isStalled(0, 2e9), false)
  t.equal(rate.isStalled(MIN_BYTES, 3e9), false)
  t.equal(rate.deadline, Infinity)
})

/** Looks whenever it is time, until a client has stalled. @returns when that was, in ms; `undefined` when it was not within an hour */
function watch (totalAt: (now: number) => number): number | undefined {
  const rate = new MinimumRate(WINDOW, 0)
  while (rate.deadline < 3_600_000) {
    const now = rate.deadline
    if (rate.isStalled(totalAt(now), now)) return now
  }
  return undefined
}

const uploads: [name: string, totalAt: (now: number) => number, expected: number | undefined][] = [
  ['64 bytes a second are enough, evenly', now => Math.floor(now * 0.064), undefined],
  ['64 bytes a second are enough, at once', now => 64 * Math.floor(now / 1000), undefined],
  ['32 bytes a second are not', now => Math.floor(now * 0.032), 1000],
  ['a byte each look is not', now => now / 250, 1000],
  ['one that stops just behind a look is seen five quarters later', now => Math.min(now, 10_064), 11_250],
]

for (const [name, totalAt, expected] of uploads) {
  t.test(`an upload that is looked at in time: ${name}`, async t => t.equal(watch(totalAt), expected))
}
