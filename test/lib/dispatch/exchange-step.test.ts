import t, { type Test } from 'tap'
import { ClientClosedError } from '../../../lib/errors.ts'
import { Deadlines } from '../../../lib/collections/deadlines.ts'
import { Stop, type UnderWay } from '../../../lib/dispatch/exchange-step.ts'
import { createClock } from './fakes.ts'

/** A stop until 1100, of a clock that stands at 1000, and what it says. */
function createStop (t: Test, deadline = 1100) {
  const clock = createClock()
  const deadlines = new Deadlines<UnderWay>(clock.now, 1_000_000)
  t.teardown(() => deadlines.close())
  const told: unknown[] = []
  const stop = new Stop(deadline, deadlines, () => told.push('expired'), error => told.push(error))
  const waitUntil = (time: number) => {
    clock.advance(time - clock.now())
    deadlines.tick()
  }
  return { deadlines, told, stop, waitUntil }
}

t.test('who stops is watched until its time is over, and told once', async t => {
  const { deadlines, told, stop, waitUntil } = createStop(t)
  t.strictSame([...deadlines], [stop])
  waitUntil(1099)
  t.strictSame([told, deadlines.size], [[], 1])
  waitUntil(1100)
  waitUntil(1200)
  t.strictSame([told, deadlines.size], [['expired'], 0])
})

t.test('who may stop for ever does', async t => {
  const { deadlines, told, waitUntil } = createStop(t, Infinity)
  waitUntil(1_000_000)
  t.strictSame([told, deadlines.size], [[], 1])
})

t.test('who is aborted is told why, and not that its time is over', async t => {
  const { deadlines, told, stop, waitUntil } = createStop(t)
  const error = new ClientClosedError()
  stop.abort(error)
  t.equal(told[0], error)
  waitUntil(1100)
  t.strictSame([told.length, deadlines.size], [1, 0])
})

t.test('who goes on is told nothing', async t => {
  const { deadlines, told, stop, waitUntil } = createStop(t)
  stop.leave()
  waitUntil(1100)
  t.strictSame([told, deadlines.size], [[], 0])
})

t.test('it is watched no longer when it is told, so that it may stop again', async t => {
  const clock = createClock()
  const deadlines = new Deadlines<UnderWay>(clock.now, 1_000_000)
  t.teardown(() => deadlines.close())
  const sizes: number[] = []
  const note = () => { sizes.push(deadlines.size) }
  new Stop(1000, deadlines, note, note).expire()
  new Stop(1000, deadlines, note, note).abort(new ClientClosedError())
  t.strictSame(sizes, [0, 0])
})

t.test('who stops goes on stopping when streams are to end, as nothing has been sent', async t => {
  const { deadlines, told, stop, waitUntil } = createStop(t)
  stop.endStream()
  t.strictSame([told, [...deadlines]], [[], [stop]])
  waitUntil(1100)
  t.strictSame(told, ['expired'])
})

t.test('without a reason it is its client that has gone', async t => {
  const { told, stop } = createStop(t)
  stop.abort()
  t.match(told, [{ code: 'GW_ERR_CLIENT_CLOSED', statusCode: 499 }])
})
