import t, { type Test } from 'tap'
import { SessionMonitor, MONITOR_TIMES } from '../../../../lib/transport/http2/session-monitor.ts'
import { until } from './support.ts'
import { createClock } from '../../dispatch/fakes.ts'

/** A monitor that looks when it is told to, over a session that is what it is told. */
function watch (t: Test) {
  const events: string[] = []
  const session = {
    activeStreams: 0,
    bytesRead: 0,
    sendPing: () => events.push('ping'),
    close: () => events.push('close'),
    onPingTimeout: () => events.push('give up'),
  }
  const clock = createClock()
  const monitor = new SessionMonitor(session, MONITOR_TIMES, clock.now)
  t.teardown(() => monitor.stop())
  return {
    session,
    monitor,
    events,
    /** Looks every five seconds. */
    pass (seconds: number) {
      for (let time = 0; time < seconds; time += 5) {
        clock.advance(5000)
        monitor.check()
      }
      return events.splice(0)
    },
  }
}

t.test('a session that nobody uses is closed after half a minute', async t => {
  const { monitor, session, pass } = watch(t)
  t.strictSame(pass(25), [])
  t.strictSame(pass(5), ['close'])
  session.activeStreams = 1
  pass(20)
  session.activeStreams = 0
  monitor.onIdle()
  t.strictSame(pass(25), [])
  t.strictSame(pass(5), ['close'])
})

t.test('a session on which something comes is left alone', async t => {
  const { session, pass } = watch(t)
  session.activeStreams = 1
  for (let count = 0; count < 100; count++) {
    session.bytesRead++
    t.strictSame(pass(20), [])
  }
})

t.test('a session that is silent with a request under way is asked, and given up when it does not answer', async t => {
  const { session, pass } = watch(t)
  session.activeStreams = 1
  t.strictSame(pass(25), [])
  t.strictSame(pass(5), ['ping'])
  t.strictSame(pass(10), [])
  t.strictSame(pass(5), ['give up'])
})

t.test('one that answers is not asked again before five minutes are over', async t => {
  const { session, pass } = watch(t)
  session.activeStreams = 1
  t.strictSame(pass(30), ['ping'])
  session.bytesRead++
  t.strictSame(pass(305), [])
  t.strictSame(pass(5), ['ping'])
})

t.test('silence without a request is no reason to ask', async t => {
  const { session, monitor, pass } = watch(t)
  pass(25)
  session.activeStreams = 1
  t.strictSame(pass(25), [])
  session.activeStreams = 0
  monitor.onIdle()
  t.strictSame(pass(25), [])
})

t.test('it looks by itself, and not after it was stopped', async t => {
  let looks = 0
  const session = {
    get activeStreams () {
      looks++
      return 0
    },
    bytesRead: 0,
    sendPing () {},
    close () {},
    onPingTimeout () {},
  }
  const monitor = new SessionMonitor(session, { ...MONITOR_TIMES, checkInterval: 1 })
  await until(() => looks >= 3)
  monitor.stop()
  const before = looks
  await new Promise(resolve => setTimeout(resolve, 10))
  t.equal(looks, before)
})
