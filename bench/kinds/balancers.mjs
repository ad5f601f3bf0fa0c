import { lineUp } from '../line-up.mjs'
import { applySteadyLoad } from '../load.mjs'
import { percentile, sum } from '../statistics.mjs'

// How long requests take when one upstream is slower than the others, by the balancer of the gateway.

/**
 * @typedef {object} BalancersScenario
 * @property {string} title
 * @property {import('../line-up.mjs').LineUp['variants']} variants - gateways with one balancer each
 * @property {number} rate - requests a second
 * @property {number} workers - how many requests each upstream serves at once
 * @property {number[]} serviceTimes - one an upstream, in milliseconds; the slow one has the largest
 *
 * @typedef {object} Round - times in milliseconds, of requests that got a response
 * @property {number} requests
 * @property {number} failures
 * @property {number} lateness - p99 of how late the load was with a request
 * @property {number} slowShare - of the responses, how many came from the slow upstream
 * @property {number} p50
 * @property {number} p99
 * @property {number} othersP99 - of the responses of the other upstreams
 */

/** @param {BalancersScenario} scenario */
export function describe ({ title, rate }) {
  return `${title}, ${rate} requests/s`
}

/** @type {import('../kinds.mjs').Kind['setUp']} */
export async function setUp (scenario, { options, cores, start }) {
  const { workers, serviceTimes } = scenario
  const upstreams = await start('targets/worker-pools.mjs', [workers, ...serviceTimes].map(String), cores.load)
  return await Promise.all(lineUp(scenario, options, upstreams.urls).map(async ({ name, script, args }) => {
    const server = await start(script, args, cores.contender)
    return { name, measure: seconds => measureRound(name, server, scenario, seconds, cores) }
  }))
}

async function measureRound (name, server, { rate, serviceTimes }, seconds, cores) {
  const { responses, ...counts } = await applySteadyLoad({ url: `${server.url}/bench/`, rate, seconds, core: cores.load })
  const slow = String(serviceTimes.indexOf(Math.max(...serviceTimes)))
  const others = responses.filter(({ upstream }) => upstream !== slow)
  if (others.length === 0) throw new Error(`${name} failed: ${JSON.stringify(counts)}`)
  return {
    ...counts,
    slowShare: 1 - others.length / responses.length,
    p50: percentile(responses.map(toLatency), 0.5),
    p99: percentile(responses.map(toLatency), 0.99),
    othersP99: percentile(others.map(toLatency), 0.99),
  }
}

function toLatency ({ latency }) {
  return latency
}

/** @type {import('../figures.mjs').Figure[]} */
export const figures = [
  { heading: 'p99 ms', digits: 1, of: ({ p99 }) => p99 },
  { heading: 'p50 ms', digits: 1, of: ({ p50 }) => p50 },
  { heading: 'others\' p99', digits: 1, of: ({ othersP99 }) => othersP99 },
  { heading: 'slow %', digits: 1, of: ({ slowShare }) => slowShare * 100 },
  { heading: 'requests', digits: 0, of: ({ requests }) => requests, over: sum },
  { heading: 'failed', digits: 0, of: ({ failures }) => failures, over: sum },
]
