import t from 'tap'
import { ProbeState } from '../../../lib/health/probe-state.ts'
import type { HealthCheckRule } from '../../../lib/location.ts'

const defaults: HealthCheckRule = {
  path: '/health', method: 'GET', interval: 5000, unhealthyInterval: 2000, timeout: 2000, rise: 2, fall: 3, expectedStatus: [200, 399], headers: {},
}

// + passes, - fails; U and D are changes, . is none.
const sequences: [name: string, rule: Partial<HealthCheckRule>, answers: string, expected: string][] = [
  ['the first pass is no change, for it was used before', {}, '+++', '...'],
  ['the first failure decides at once', {}, '-', 'D'],
  ['it does whatever fall says', { fall: 10 }, '-', 'D'],
  ['3 failures in a row make it down', {}, '+---', '...D'],
  ['a pass between them begins the count anew', {}, '+--+---', '......D'],
  ['down once, more failures change nothing', {}, '-----', 'D....'],
  ['2 passes in a row bring it up', {}, '-++', 'D.U'],
  ['a failure between them begins the count anew', {}, '-+-+-++', 'D.....U'],
  ['down and up and down again', {}, '+---++---', '...D.U..D'],
  ['alternating answers change nothing', {}, '+-+-+-+-', '........'],
  ['rise and fall of 1 follow every answer', { rise: 1, fall: 1 }, '+-+-', '.DUD'],
]

for (const [name, rule, answers, expected] of sequences) {
  t.test(name, async t => {
    const state = new ProbeState({ ...defaults, ...rule })
    const changes = [...answers].map(answer => ({ up: 'U', down: 'D', none: '.' })[state.record(answer === '+') ?? 'none'])
    t.equal(changes.join(''), expected)
  })
}

t.test('it may be used until it is known to be down', async t => {
  const state = new ProbeState({ ...defaults, rise: 1, fall: 1 })
  const look = () => [state.status, state.isDown]
  t.strictSame(look(), ['unknown', false])
  state.record(false)
  t.strictSame(look(), ['down', true])
  state.record(true)
  t.strictSame(look(), ['up', false])
})

t.test('what somebody else has decided is taken over, and counted on from there', async t => {
  const state = new ProbeState(defaults, 'down')
  t.equal(state.isDown, true)
  t.strictSame([state.adopt('down'), state.adopt('up'), state.adopt('up')], [undefined, 'up', undefined])
  t.strictSame([state.record(false), state.record(false)], [undefined, undefined])
  state.adopt('up')
  t.strictSame([state.record(false), state.record(false), state.record(false)], [undefined, undefined, 'down'])
})

t.test('the first news that is adopted is a change only when it is bad', async t => {
  t.equal(new ProbeState(defaults).adopt('up'), undefined)
  t.equal(new ProbeState(defaults).adopt('down'), 'down')
})

const delays: [name: string, answers: boolean[], random: number, expected: number][] = [
  ['the interval while it is unknown', [], 0.5, 5000],
  ['the interval while it is up', [true], 0.5, 5000],
  ['a tenth less at the least', [true], 0, 4500],
  ['a tenth more at the most', [true], 1, 5500],
  ['the interval while failures are counted', [true, false], 0.5, 5000],
  ['the other one while it is down', [false], 0.5, 2000],
  ['with the same jitter', [false], 0, 1800],
  ['until it has come up', [false, true], 0.5, 2000],
  ['and then the first again', [false, true, true], 0.5, 5000],
]

for (const [name, answers, random, expected] of delays) {
  t.test(`delay: ${name}`, async t => {
    const state = new ProbeState(defaults)
    for (const answer of answers) state.record(answer)
    t.equal(state.nextDelay(() => random), expected)
  })
}
