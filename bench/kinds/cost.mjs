import { applyLoad, loadName } from '../load.mjs'
import { readCpuMicros } from '../usage.mjs'
import { median, medianRatio } from '../statistics.mjs'
import { showNumber } from '../table.mjs'

// CPU time per request, of the gateway and of others that forward to the same target.

/**
 * @typedef {object} CostScenario
 * @property {string} title
 * @property {string} path - what every contender is asked for; `/bench` is the gateway's prefix
 * @property {number} connections - kept alive, each with one request under way
 *
 * @typedef {{ requests: number, errors: number, seconds: number, cpuMicros: number }} Round
 * @typedef {{ name: string, rounds: Round[] }} Measured
 */

/** @param {CostScenario} scenario */
export function describe ({ title, connections }) {
  return `${title}, ${connections} connections, load from ${loadName}`
}

/** @type {import('../kinds.mjs').Kind['setUp']} */
export async function setUp (scenario, { options, cores, start }) {
  const target = await start('targets/answers.mjs', [], cores.load)
  const contenders = []
  for (const name of options.contenders) {
    const server = await start(`contenders/${name}.mjs`, [target.url], cores.contender)
    await checkAnswer(name, server, target, scenario)
    contenders.push({ name, measure: seconds => measureRound(name, server, scenario, seconds, cores) })
  }
  return contenders
}

/** A contender that answers something else, an error for example, is fast for the wrong reason. */
async function checkAnswer (name, server, target, { path }) {
  const [expected, answer] = await Promise.all([target, server].map(async ({ url }) => await (await fetch(url + path)).text()))
  if (answer !== expected) throw new Error(`${name} does not answer what the target answers, but: ${answer}`)
}

async function measureRound (name, server, { path, connections }, seconds, cores) {
  const before = readCpuMicros(server.pid)
  const counts = await applyLoad({ url: server.url + path, connections, seconds, core: cores.load })
  const cpuMicros = readCpuMicros(server.pid) - before
  if (counts.errors > 0 || counts.requests === 0) throw new Error(`${name} failed: ${JSON.stringify(counts)}`)
  return { ...counts, cpuMicros }
}

/**
 * Medians, and the ratio of the gateway's CPU per request to this contender's.
 * @param {Measured} contender
 * @param {Measured} gateway
 */
export function summarize ({ rounds }, gateway) {
  const cpu = rounds.map(cpuPerRequest)
  return {
    cpuMicrosPerRequest: median(cpu),
    min: Math.min(...cpu),
    max: Math.max(...cpu),
    requestsPerSecond: median(rounds.map(({ requests, seconds }) => requests / seconds)),
    busyPercent: median(rounds.map(({ cpuMicros, seconds }) => cpuMicros / seconds / 1e4)),
    ratio: medianRatio(gateway.rounds.map(cpuPerRequest), cpu),
  }
}

/** @param {Round} round */
function cpuPerRequest ({ cpuMicros, requests }) {
  return cpuMicros / requests
}

export const columns = [
  { heading: 'contender', show: ({ name }) => name },
  { heading: 'CPU µs/request', show: showNumber('cpuMicrosPerRequest', 1) },
  { heading: 'min', show: showNumber('min', 1) },
  { heading: 'max', show: showNumber('max', 1) },
  { heading: 'requests/s', show: showNumber('requestsPerSecond', 0) },
  { heading: 'busy %', show: showNumber('busyPercent', 0) },
  { heading: 'gateway is', show: ({ ratio }) => `${ratio.toFixed(2)} x` },
]
