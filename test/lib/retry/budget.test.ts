import t from 'tap'
import { RetryBudget } from '../../../lib/retry/budget.ts'

const DEFAULTS = { percent: 20, minPerSecond: 10 }

/** How many of so many retries at one time are allowed. */
function burst (budget: RetryBudget, now: number, retries = 5000): number {
  let allowed = 0
  for (let retry = 0; retry < retries; retry++) {
    if (budget.withdraw(now)) allowed++
  }
  return allowed
}

/**
 * Sends requests of which each fails once, evenly spread, from a time up to another; both in seconds. @returns the
 * retries of each second
 */
function fail (budget: RetryBudget, perSecond: number, from: number, to: number): number[] {
  const seconds = Array<number>(to - from).fill(0)
  for (let request = 0; request < perSecond * seconds.length; request++) {
    const now = from * 1000 + request * 1000 / perSecond
    budget.deposit(now)
    if (budget.withdraw(now)) seconds[Math.floor(request / perSecond)]! += 1
  }
  return seconds
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

const rates: [
  name: string,
  budget: { percent: number; minPerSecond: number },
  requestsPerSecond: number,
  retriesPerSecond: number
][] = [
  ['200 requests a second', DEFAULTS, 200, 50],
  ['2,000 requests a second', DEFAULTS, 2000, 410],
  ['few requests are all tried again', DEFAULTS, 8, 8],
  ['only a percentage', { percent: 20, minPerSecond: 0 }, 200, 40],
  ['only a minimum', { percent: 0, minPerSecond: 10 }, 200, 10],
  ['all of them', { percent: 100, minPerSecond: 0 }, 200, 200],
  ['none', { percent: 0, minPerSecond: 0 }, 200, 0],
]

for (const [name, options, requestsPerSecond, expected] of rates) {
  t.test(`when everything fails, retries a second: ${name}`, async t => {
    const budget = new RetryBudget(options)
    const steady = sum(fail(budget, requestsPerSecond, 0, 160).slice(60)) / 100
    t.ok(Math.abs(steady - expected) <= expected * 0.02, `${steady} instead of ${expected}`)
  })
}

const bursts: [name: string, budget: { percent: number; minPerSecond: number }, requests: number, expected: number][] =
  [
    ['ten seconds of the minimum on a cold start', DEFAULTS, 0, 100],
    ['and the percentage of requests that came at once', DEFAULTS, 1000, 300],
    ['the percentage without a minimum', { percent: 20, minPerSecond: 0 }, 14, 2],
    ['exact where percents add up', { percent: 10, minPerSecond: 0 }, 10, 1],
    ['a minimum below one in ten seconds is none by itself', { percent: 0, minPerSecond: 0.05 }, 100, 0],
    ['nothing without either', { percent: 0, minPerSecond: 0 }, 1000, 0],
  ]

for (const [name, options, requests, expected] of bursts) {
  t.test(`a burst may spend: ${name}`, async t => {
    const budget = new RetryBudget(options)
    for (let request = 0; request < requests; request++) budget.deposit(0)
    t.equal(burst(budget, 0), expected)
  })
}

t.test('from a cold start on, no second has more than the burst, and all of them no more than the rate besides', async t => {
  const seconds = fail(new RetryBudget(DEFAULTS), 200, 0, 60)
  t.ok(Math.max(...seconds) <= 100 + 40 + 10)
  t.ok(sum(seconds) <= 100 + 60 * 50, `${sum(seconds)}`)
})

t.test('what a burst has spent comes back as the time passes', async t => {
  const budget = new RetryBudget(DEFAULTS)
  burst(budget, 0)
  t.equal(burst(budget, 99), 0, 'not yet')
  t.equal(burst(budget, 1000), 9, '1 - e^-0.1')
  t.equal(burst(budget, 11_000), 63, '1 - 1/e')
})

t.test('idle time forgets the requests before it', async t => {
  const budget = new RetryBudget({ percent: 20, minPerSecond: 0 })
  for (let request = 0; request < 1000; request++) budget.deposit(0)
  t.equal(burst(budget, 10_000, 1), 1, 'some are left after 10 s')
  budget.deposit(120_000)
  t.equal(burst(budget, 120_000), 0)
})

t.test('idle time forgets the retries before it', async t => {
  const budget = new RetryBudget(DEFAULTS)
  burst(budget, 0)
  t.equal(burst(budget, 300_000), 99, 'as good as all of a cold start')
})

t.test('requests that came long before the first retry do not count', async t => {
  const budget = new RetryBudget({ percent: 20, minPerSecond: 0 })
  for (let second = 0; second < 3600; second++) budget.deposit(second * 1000)
  t.equal(burst(budget, 3_600_000), 1, '20 % of ten')
})
