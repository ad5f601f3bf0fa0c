import t from 'tap'
import { createPeakEwma, DECAY_TIME, FAILURE_LATENCY, isObserved, observe, type PeakEwma, readEstimate } from '../../../lib/balancer/peak-ewma.ts'

type Observation = [elapsed: number, isFailure: boolean, now: number]

function observed (...observations: Observation[]): PeakEwma {
  const latency = createPeakEwma()
  for (const observation of observations) observe(latency, ...observation)
  return latency
}

const HALF = DECAY_TIME * Math.LN2

const rows: { name: string, observations: Observation[], now: number, estimate: number }[] = [
  { name: 'nothing observed', observations: [], now: 5, estimate: 0 },
  { name: 'the first one counts whole', observations: [[80, false, 0]], now: 0, estimate: 80 },
  { name: 'the first one counts whole on a clock that has been running', observations: [[80, false, 1e12]], now: 1e12, estimate: 80 },
  { name: 'a rise counts at once', observations: [[80, false, 0], [300, false, 1]], now: 1, estimate: 300 },
  { name: 'a fall at the same moment counts nothing', observations: [[80, false, 0], [20, false, 0]], now: 0, estimate: 80 },
  { name: 'a fall counts half after half of the time', observations: [[80, false, 0], [20, false, HALF]], now: HALF, estimate: 50 },
  { name: 'a fall counts nearly whole when the last news are old', observations: [[80, false, 0], [20, false, 40 * DECAY_TIME]], now: 40 * DECAY_TIME, estimate: 20 },
  { name: 'without news it fades', observations: [[80, false, 0]], now: 2 * HALF, estimate: 20 },
  { name: 'a fast failure is slow', observations: [[2, true, 0]], now: 0, estimate: FAILURE_LATENCY },
  { name: 'a slow failure is as slow as it was', observations: [[5000, true, 0]], now: 0, estimate: 5000 },
  { name: 'a failure fades like anything else', observations: [[2, true, 0]], now: HALF, estimate: FAILURE_LATENCY / 2 },
  { name: 'a clock that was set back changes nothing', observations: [[80, false, 1000], [20, false, 500]], now: 400, estimate: 80 },
]

for (const { name, observations, now, estimate } of rows) {
  t.test(`peak ewma: ${name}`, async t => {
    const actual = readEstimate(observed(...observations), now)
    t.ok(Math.abs(actual - estimate) < 1e-9, `${actual} is ${estimate}`)
  })
}

t.test('it is known whether there is an observation, even of 0 ms at time 0', async t => {
  t.equal(isObserved(createPeakEwma()), false)
  t.equal(isObserved(observed([0, false, 0])), true)
})

t.test('reading changes nothing', async t => {
  const latency = observed([80, false, 0])
  readEstimate(latency, DECAY_TIME)
  t.strictSame(latency, { estimate: 80, observedAt: 0 })
})
