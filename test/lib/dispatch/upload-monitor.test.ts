import { once } from 'node:events'
import { Readable } from 'node:stream'
import t from 'tap'
import { MIN_BYTES, MinimumRate, UploadMonitor, type UploadState } from '../../../lib/dispatch/upload-monitor.ts'
import { RequestBody } from '../../../lib/dispatch/request-body.ts'

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

/**
 * Looks whenever it is time, until a client has stalled. @returns when that was, in ms; `undefined` when it was not
 * within an hour
 */
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

const START = 70_000

const createUpload = () => new RequestBody(new Readable({ read () {} }))

interface Check {
  /** Milliseconds from the start. */
  at: number
  isStarved: boolean
  received: number
  state: UploadState
}

const states: { name: string, checks: Check[] }[] = [
  {
    name: 'a client that sends nothing has a window',
    checks: [{ at: 999, isStarved: true, received: 0, state: 'client' }, { at: 1000, isStarved: true, received: 0, state: 'client-stalled' }],
  },
  {
    name: 'one that trickles stalls, too',
    checks: [{ at: 500, isStarved: true, received: 40, state: 'client' }, { at: 1000, isStarved: true, received: MIN_BYTES - 1, state: 'client-stalled' }],
  },
  {
    name: 'one that sends enough has the next window',
    checks: [{ at: 1000, isStarved: true, received: MIN_BYTES, state: 'client' }, { at: 1999, isStarved: true, received: MIN_BYTES, state: 'client' }, { at: 2000, isStarved: true, received: MIN_BYTES, state: 'client-stalled' }],
  },
  {
    name: 'an upstream that does not read holds the client up for as long as it likes',
    checks: [{ at: 1000, isStarved: false, received: 0, state: 'upstream' }, { at: 90_000, isStarved: false, received: 0, state: 'upstream' }],
  },
  {
    name: 'behind that, the client has a whole window again',
    checks: [{ at: 5000, isStarved: false, received: 0, state: 'upstream' }, { at: 5999, isStarved: true, received: 0, state: 'client' }, { at: 6000, isStarved: true, received: 0, state: 'client-stalled' }],
  },
]

for (const { name, checks } of states) {
  t.test(`state of an upload: ${name}`, async t => {
    const body = createUpload()
    const monitor = new UploadMonitor(body, WINDOW, START)
    for (const { at, isStarved, received, state } of checks) {
      Object.assign(body, { isStarved, received })
      t.equal(monitor.check(START + at), state, `after ${at} ms`)
    }
  })
}

t.test('the next check is a quarter of a window away, in every state', async t => {
  const body = createUpload()
  const monitor = new UploadMonitor(body, WINDOW, START)
  t.equal(monitor.deadline, START + 250)
  for (const isStarved of [false, true]) {
    body.isStarved = isStarved
    monitor.check(START + 300)
    t.equal(monitor.deadline, START + 550)
  }
})

t.test('without a window there are no checks, and a client never stalls', async t => {
  const body = createUpload()
  const monitor = new UploadMonitor(body, 0, START)
  for (const isStarved of [true, false, true]) {
    body.isStarved = isStarved
    t.equal(monitor.check(START + 1e9), isStarved ? 'client' : 'upstream')
    t.equal(monitor.deadline, Infinity)
  }
})

t.test('an upload is over when all of it has been taken, not when all of it has come', async t => {
  const source = new Readable({ read () {} })
  const body = new RequestBody(source)
  const monitor = new UploadMonitor(body, WINDOW, START)
  t.equal(monitor.isComplete, false, 'nothing has come')
  body.read(0)
  source.push('abc')
  source.push(null)
  await once(source, 'end')
  t.equal(monitor.isComplete, false)
  body.resume()
  await once(body, 'end')
  t.equal(monitor.isComplete, true)
})
