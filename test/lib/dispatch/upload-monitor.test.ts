import { once } from 'node:events'
import { Readable } from 'node:stream'
import t from 'tap'
import { MIN_BYTES } from '../../../lib/dispatch/minimum-rate.ts'
import { RequestBody } from '../../../lib/dispatch/request-body.ts'
import { UploadMonitor, type UploadState } from '../../../lib/dispatch/upload-monitor.ts'

const WINDOW = 1000
const START = 70_000

const createUpload = () => new RequestBody(new Readable({ read () {} }))

interface Check {
  /** Milliseconds from the start. */
  at: number
  isStarved: boolean
  received: number
  state: UploadState
}

const uploads: { name: string, checks: Check[] }[] = [
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

for (const { name, checks } of uploads) {
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
