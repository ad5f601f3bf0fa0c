import t from 'tap'
import { OutlierDetector, type Result } from '../../../lib/health/outlier-detector.ts'
import type { OutlierRule } from '../../../lib/location.ts'
import { createClock } from '../dispatch/fakes.ts'

const defaults: OutlierRule = {
  consecutive5xx: 5,
  consecutiveLocalErrors: 3,
  baseEjectionTime: 10_000,
  maxEjectionTime: 300_000,
  maxEjectionPercent: 50,
  panicThreshold: 50,
}

const results: Record<string, Result> = { s: 'success', e: 'error-status', l: 'local-error', n: 'neutral' }
const signs = { ejected: 'X', returned: 'R' }

/** A detector and its clock. Without jitter, so that times are exact. */
function createDetector (overrides: Partial<OutlierRule> = {}) {
  const clock = createClock()
  const detector = new OutlierDetector({ ...defaults, ...overrides })
  const mind = { mayEject: true, asked: 0, random: 1 }

  /** A request that began earlier ends. */
  const end = (sign: string, isProbe = false): string => {
    const mayEject = () => { mind.asked++; return mind.mayEject }
    const change = detector.record(results[sign]!, { isProbe, now: clock.now(), random: () => mind.random, mayEject })
    return change === undefined ? '.' : signs[change]
  }

  /** Requests, one after another; a digit waits for so many seconds. */
  const play = (events: string): string => [...events].map(sign => {
    if (sign in results) return end(sign, detector.takesRequests(clock.now()) && detector.begin(clock.now()))
    clock.advance(Number(sign) * 1000)
    return sign
  }).join('')

  return { detector, clock, mind, end, play }
}

const streaks: [name: string, rule: Partial<OutlierRule>, events: string, expected: string][] = [
  ['5 error statuses in a row eject', {}, 'eeeee', '....X'],
  ['a success begins the count anew', {}, 'eeeeseeeee', '.........X'],
  ['3 local errors in a row eject', {}, 'lll', '..X'],
  ['a success begins the count of local errors anew', {}, 'llslll', '.....X'],
  ['an answer with an error status shows that the connection works', {}, 'llelll', '.....X'],
  ['a lost connection does not make the answers better', {}, 'eeeele', '.....X'],
  ['neither kind counts for the other', {}, 'leeleell', '........'],
  ['a client that left says nothing', {}, 'eeneenne', '.......X'],
  ['neither of local errors', {}, 'lnlnl', '....X'],
  ['successes change nothing', {}, 'ssssss', '......'],
  ['one may be enough', { consecutive5xx: 1 }, 'e', 'X'],
  ['without the criterion of error statuses', { consecutive5xx: 0 }, 'eeeeeeeelll', '..........X'],
  ['without the criterion of local errors', { consecutiveLocalErrors: 0 }, 'lllllleeeee', '..........X'],
  ['without both', { consecutive5xx: 0, consecutiveLocalErrors: 0 }, 'eeeeeellllll', '............'],
]

for (const [name, rule, events, expected] of streaks) {
  t.test(name, async t => t.equal(createDetector(rule).play(events), expected))
}

const once = { consecutive5xx: 1, consecutiveLocalErrors: 1 }

// Requests that come before the time is over are given to it as in a panic, and ignored.
const returns: [name: string, rule: Partial<OutlierRule>, events: string, expected: string][] = [
  ['nothing counts until the time is over', once, 'e9ssee', 'X9....'],
  ['a probe that succeeds brings it back', once, 'e91s', 'X91R'],
  ['the counts begin anew with it', {}, 'eeeee91seeeee', '....X91R....X'],
  ['those of local errors too', {}, 'eellleeee91seeeee', '....X....91R....X'],
  ['a probe answered with an error status ejects it again', once, 'e91e', 'X91X'],
  ['a probe that is lost ejects it again', once, 'e91l', 'X91X'],
  ['a probe that says nothing is followed by another', once, 'e91ns', 'X91.R'],
  ['the second ejection is twice as long', once, 'e91e991s1s', 'X91X991.1R'],
  ['and the third three times', once, 'e91e992e9992s9s', 'X91X992X9992.9R'],
  ['where error statuses do not matter, one shows that it is back', { ...once, consecutive5xx: 0 }, 'l91e', 'X91R'],
  ['where local errors do not matter, a lost probe shows that it is not', { ...once, consecutiveLocalErrors: 0 }, 'e91l', 'X91X'],
]

for (const [name, rule, events, expected] of returns) {
  t.test(`return: ${name}`, async t => t.equal(createDetector(rule).play(events), expected))
}

// Each row: seconds that it was well before it failed (with "probe": the probe failed), and seconds of the ejection
// that follows.
const times: [name: string, rule: Partial<OutlierRule>, steps: [before: number | 'probe', expected: number][]][] = [
  ['grows by the base time with each', {}, [[0, 10], [0, 20], [0, 30]]],
  ['grows with failing probes alike', {}, [[0, 10], ['probe', 20], [0, 30], ['probe', 40]]],
  ['stops at the maximum', { maxEjectionTime: 25_000 }, [[0, 10], [0, 20], [0, 25], [0, 25]]],
  ['is the maximum where the base is longer', { maxEjectionTime: 4000 }, [[0, 4], [0, 4]]],
  ['shrinks by one for every base time that it was well', {}, [[0, 10], [0, 20], [0, 30], [10, 30], [20, 20]]],
  ['does not shrink for less', {}, [[0, 10], [9.999, 20]]],
  ['is the base time after a long while', {}, [[0, 10], [0, 20], [3600, 10]]],
  ['does not shrink for the time of a probe', {}, [[0, 10], ['probe', 20], ['probe', 30]]],
  ['remembers no more than the maximum', { maxEjectionTime: 20_000 }, [[0, 10], ...Array.from({ length: 99 }, () => ['probe', 20] as ['probe', number]), [10, 20], [20, 10]]],
  ['is none without a base time', { baseEjectionTime: 0 }, [[0, 0], [0, 0], ['probe', 0], [1, 0]]],
  ['is none with a maximum of 0', { maxEjectionTime: 0 }, [[0, 0], [0, 0]]],
]

for (const [name, rule, steps] of times) {
  t.test(`the time of an ejection ${name}`, async t => {
    const { detector, clock, end } = createDetector({ ...once, ...rule })
    const seconds = steps.map(([before]) => {
      if (detector.isEjected) {
        clock.advance(detector.ejectedUntil - clock.now())
        detector.begin(clock.now())
        if (before !== 'probe') end('s', true)
      }
      if (before !== 'probe') clock.advance(before * 1000)
      t.equal(end('e', before === 'probe'), 'X')
      return (detector.ejectedUntil - clock.now()) / 1000
    })
    t.strictSame(seconds, steps.map(([, expected]) => expected))
  })
}

const jitters: [random: number, expected: number][] = [[0, 9000], [0.5, 9500], [1, 10_000]]

for (const [random, expected] of jitters) {
  t.test(`with jitter ${random} an ejection of 10 s takes ${expected} ms, never more`, async t => {
    const { detector, clock, mind, play } = createDetector({ ...once, maxEjectionTime: 10_000 })
    mind.random = random
    play('e')
    t.equal(detector.ejectedUntil - clock.now(), expected)
  })
}

t.test('whether the pool can spare it is asked with every failure beyond the threshold, and only then', async t => {
  const { mind, play } = createDetector()
  mind.mayEject = false
  t.equal(play('eeee'), '....')
  t.equal(mind.asked, 0)
  t.equal(play('ene'), '...')
  t.equal(mind.asked, 2, 'a neutral one does not ask')
  t.equal(play('l'), '.')
  t.equal(mind.asked, 3, 'any failure does')
  mind.mayEject = true
  t.equal(play('e'), 'X')
})

t.test('a success ends the wish to eject', async t => {
  const { mind, play } = createDetector()
  mind.mayEject = false
  t.equal(play('eeeeelll'), '........')
  mind.mayEject = true
  t.equal(play('seeeell'), '.......')
})

t.test('a probe that fails needs no leave: it counts as ejected', async t => {
  const { mind, play } = createDetector(once)
  play('e')
  mind.mayEject = false
  t.equal(play('91e'), '91X')
  t.equal(mind.asked, 1)
})

t.test('one request probes it, and the others wait for what it says', async t => {
  const { detector, clock, end } = createDetector(once)
  const look = () => [detector.state, detector.isEjected, detector.takesRequests(clock.now())]
  t.strictSame(look(), ['in', false, true])
  t.equal(detector.begin(clock.now()), false, 'no probe while it is in')
  t.equal(detector.ejectedUntil, -Infinity)

  end('e')
  t.strictSame(look(), ['ejected', true, false])
  clock.advance(9999)
  t.strictSame(look(), ['ejected', true, false])
  clock.advance(1)
  t.strictSame(look(), ['ejected', true, true])

  t.strictSame([1, 2, 3].map(() => detector.begin(clock.now())), [true, false, false])
  t.strictSame(look(), ['probing', true, false])
  t.equal(end('s'), '.', 'what began before is ignored')
  t.equal(end('e'), '.')
  t.strictSame(look(), ['probing', true, false])

  t.equal(end('n', true), '.')
  t.strictSame(look(), ['ejected', true, true], 'the next request is a probe')
  t.equal(detector.begin(clock.now()), true)
  t.equal(end('s', true), 'R')
  t.strictSame(look(), ['in', false, true])
  t.equal(detector.ejectedUntil, -Infinity)
})

t.test('a request that goes to it before its time, for want of another upstream, brings it back or changes nothing', async t => {
  const { detector, clock, end } = createDetector(once)
  end('e')
  const until = detector.ejectedUntil
  for (const sign of ['e', 'l', 'n'] as const) {
    t.equal(detector.begin(clock.now()), true)
    t.equal(detector.begin(clock.now()), false, 'a second one beside it does not count')
    t.equal(end(sign, true), '.')
    t.strictSame([detector.state, detector.ejectedUntil, detector.takesRequests(clock.now())], ['ejected', until, false])
  }
  detector.begin(clock.now())
  t.equal(end('s', true), 'R')
  t.equal(end('e'), 'X')
  t.equal(detector.ejectedUntil - clock.now(), 20_000)
})

t.test('a probe that takes as long as the base time does not keep others from trying', async t => {
  const { detector, clock, end } = createDetector(once)
  end('e')
  clock.advance(10_000)
  t.equal(detector.begin(clock.now()), true)
  clock.advance(9999)
  t.strictSame([detector.takesRequests(clock.now()), detector.begin(clock.now())], [false, false])
  clock.advance(1)
  t.strictSame([detector.takesRequests(clock.now()), detector.begin(clock.now())], [true, true])
  t.equal(detector.takesRequests(clock.now()), false, 'the second one is waited for again')
  t.equal(end('s', true), 'R', 'and either of them brings it back')
  t.equal(end('l', true), 'X', 'and then the other is a request like any other')
})

t.test('an upstream that the pool needs is probed before its time, at most every tenth of it', async t => {
  const { detector, clock, end } = createDetector(once)
  detector.allowEarlyProbe(clock.now())
  t.equal(detector.begin(clock.now()), false, 'it is in')
  end('e')
  const until = detector.ejectedUntil
  for (let round = 0; round < 3; round++) {
    clock.advance(999)
    detector.allowEarlyProbe(clock.now())
    t.equal(detector.takesRequests(clock.now()), false)
    clock.advance(1)
    detector.allowEarlyProbe(clock.now())
    t.equal(detector.takesRequests(clock.now()), true)
    t.equal(detector.begin(clock.now()), true)
    detector.allowEarlyProbe(clock.now())
    t.equal(detector.takesRequests(clock.now()), false, 'one probe at a time')
    t.equal(end('l', true), '.')
    t.strictSame([detector.ejectedUntil, detector.failedAt], [until, clock.now()], 'and a failure does not make its time longer')
  }
  clock.advance(1000)
  detector.allowEarlyProbe(clock.now())
  detector.begin(clock.now())
  t.equal(end('n', true), '.')
  t.equal(detector.takesRequests(clock.now()), true, 'nothing was learned')
  detector.begin(clock.now())
  t.equal(end('s', true), 'R')
  t.equal(detector.takesRequests(clock.now()), true)
})

t.test('of 1000 requests to an upstream that stays broken, one an ejection reaches it', async t => {
  const { detector, clock, end } = createDetector({ maxEjectionTime: 10_000 })
  let reached = 0
  for (let second = 0; second < 1000; second++) {
    if (detector.takesRequests(clock.now())) {
      reached++
      end('l', detector.begin(clock.now()))
    }
    clock.advance(1000)
  }
  // 3 until it is ejected, at 2 s; then at 12 s, 22 s, … 992 s.
  t.equal(reached, 3 + 99)
})

t.test('a passing health check ends an ejection', async t => {
  const { detector, clock, play } = createDetector(once)
  t.equal(detector.uneject(clock.now()), undefined, 'there is none')
  play('e')
  t.equal(detector.uneject(clock.now()), 'returned')
  t.equal(detector.uneject(clock.now()), undefined)
  t.equal(detector.takesRequests(clock.now()), true)
  play('e')
  t.equal(detector.ejectedUntil - clock.now(), 20_000, 'the next is longer all the same')
})

t.test('a health check that passes while a request probes it makes that one like any other', async t => {
  const { detector, clock, play, end } = createDetector()
  play('lll91')
  detector.begin(clock.now())
  t.equal(detector.uneject(clock.now()), 'returned')
  t.equal(end('l', true), '.', 'one failure of three')
  t.equal(play('ll'), '.X')
  t.equal(end('s', true), '.', 'and later it is none of this ejection')
  t.equal(detector.state, 'ejected')
})
