import { applySteadyLoad } from '../load.mjs'
import { median, medianRatio, percentile } from '../statistics.mjs'
import { showNumber } from '../table.mjs'

// How long requests take when one upstream is slower than the others, by the balancer of the gateway.

/**
 * @typedef {object} BalancersScenario
 * @property {string} title
 * @property {string[]} balancers - values of the option `balancer`; the others are compared with the first
 * @property {number} rate - requests a second
 * @property {number} workers - how many requests each upstream serves at once
 * @property {number[]} serviceTimes - one an upstream, in milliseconds; the slow one has the largest
 *
 * @typedef {object} Round - times in milliseconds, of requests that were answered
 * @property {number} requests
 * @property {number} failures
 * @property {number} lateness - p99 of how late the load was with a request
 * @property {number} slowShare - of the answers, how many the slow upstream gave
 * @property {number} p50
 * @property {number} p99
 * @property {number} othersP99 - of what the other upstreams answered
 *
 * @typedef {{ name: string, rounds: Round[] }} Measured
 */

/** @param {BalancersScenario} scenario */
export function describe ({ title, rate }) {
  return `${title}, ${rate} requests/s`
}

/** @type {import('../kinds.mjs').Kind['setUp']} */
export async function setUp (scenario, { cores, start }) {
  const { balancers, workers, serviceTimes } = scenario
  const upstreams = await start('targets/worker-pools.mjs', [workers, ...serviceTimes].map(String), cores.load)
  const contenders = []
  for (const name of balancers) {
    const server = await start('contenders/gateway.mjs', ['--balancer', name, ...upstreams.urls], cores.contender)
    contenders.push({ name, measure: seconds => measureRound(name, server, scenario, seconds, cores) })
  }
  return contenders
}

async function measureRound (name, server, { rate, serviceTimes }, seconds, cores) {
  const { answers, ...counts } = await applySteadyLoad({ url: `${server.url}/bench/`, rate, seconds, core: cores.load })
  const slow = String(serviceTimes.indexOf(Math.max(...serviceTimes)))
  const others = answers.filter(({ upstream }) => upstream !== slow)
  if (others.length === 0) throw new Error(`${name} failed: ${JSON.stringify(counts)}`)
  return {
    ...counts,
    slowShare: 1 - others.length / answers.length,
    p50: percentile(answers.map(toLatency), 0.5),
    p99: percentile(answers.map(toLatency), 0.99),
    othersP99: percentile(others.map(toLatency), 0.99),
  }
}

function toLatency ({ latency }) {
  return latency
}

/**
 * Sums of the counts, medians of the times, and the ratio of this balancer's p99 to that of the first.
 * @param {Measured} contender
 * @param {Measured} first
 */
export function summarize ({ rounds }, first) {
  const each = property => rounds.map(round => round[property])
  const sum = property => each(property).reduce((total, value) => total + value, 0)
  return {
    requests: sum('requests'),
    failures: sum('failures'),
    slowPercent: median(each('slowShare')) * 100,
    p50: median(each('p50')),
    p99: median(each('p99')),
    othersP99: median(each('othersP99')),
    ratio: medianRatio(each('p99'), first.rounds.map(({ p99 }) => p99)),
  }
}

export const columns = [
  { heading: 'balancer', show: ({ name }) => name },
  { heading: 'requests', show: showNumber('requests', 0) },
  { heading: 'failed', show: showNumber('failures', 0) },
  { heading: 'slow %', show: showNumber('slowPercent', 1) },
  { heading: 'p50 ms', show: showNumber('p50', 1) },
  { heading: 'p99 ms', show: showNumber('p99', 1) },
  { heading: 'others\' p99', show: showNumber('othersP99', 1) },
  { heading: 'p99 is', show: ({ ratio }) => `${ratio.toFixed(2)} x` },
]
