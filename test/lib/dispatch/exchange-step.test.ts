import t, { type Test } from 'tap'
import { ClientClosedError } from '../../../lib/errors.ts'
import { Deadlines } from '../../../lib/collections/deadlines.ts'
import { Wait, type ExchangeStep } from '../../../lib/dispatch/exchange-step.ts'
import { createClock } from './fakes.ts'

/** A wait until 1100, of a clock that stands at 1000, and what it says. */
function createWait (t: Test, deadline = 1100) {
  const clock = createClock()
  const deadlines = new Deadlines<ExchangeStep>(clock.now, 1_000_000)
  t.teardown(() => deadlines.close())
  const told: unknown[] = []
  const wait = new Wait(deadline, deadlines, () => told.push('expired'), error => told.push(error))
  const waitUntil = (time: number) => {
    clock.advance(time - clock.now())
    deadlines.tick()
  }
  return { deadlines, told, wait, waitUntil }
}

t.test('a wait expires at its deadline, once', async t => {
  const { deadlines, told, wait, waitUntil } = createWait(t)
  t.strictSame([...deadlines], [wait])
  waitUntil(1099)
  t.strictSame([told, [...deadlines].length], [[], 1])
  waitUntil(1100)
  waitUntil(1200)
  t.strictSame([told, [...deadlines].length], [['expired'], 0])
})

t.test('a wait without a deadline does not expire', async t => {
  const { deadlines, told, waitUntil } = createWait(t, Infinity)
  waitUntil(1_000_000)
  t.strictSame([told, [...deadlines].length], [[], 1])
})

t.test('a wait that is aborted passes on the reason, and does not expire', async t => {
  const { deadlines, told, wait, waitUntil } = createWait(t)
  const error = new ClientClosedError()
  wait.abort(error)
  t.equal(told[0], error)
  waitUntil(1100)
  t.strictSame([told.length, [...deadlines].length], [1, 0])
})

t.test('a wait that is finished calls nothing', async t => {
  const { deadlines, told, wait, waitUntil } = createWait(t)
  wait.finish()
  waitUntil(1100)
  t.strictSame([told, [...deadlines].length], [[], 0])
})

t.test('a wait has left the deadlines when it calls back, so that another can begin', async t => {
  const clock = createClock()
  const deadlines = new Deadlines<ExchangeStep>(clock.now, 1_000_000)
  t.teardown(() => deadlines.close())
  const sizes: number[] = []
  const note = () => { sizes.push([...deadlines].length) }
  new Wait(1000, deadlines, note, note).expire()
  new Wait(1000, deadlines, note, note).abort(new ClientClosedError())
  t.strictSame(sizes, [0, 0])
})

t.test('a wait goes on when streams are to end, as nothing has been sent', async t => {
  const { deadlines, told, wait, waitUntil } = createWait(t)
  wait.endStream()
  t.strictSame([told, [...deadlines]], [[], [wait]])
  waitUntil(1100)
  t.strictSame(told, ['expired'])
})

t.test('without a reason it is the client that has left', async t => {
  const { told, wait } = createWait(t)
  wait.abort()
  t.match(told, [{ code: 'GW_ERR_CLIENT_CLOSED', statusCode: 499 }])
})
