import { lineUp } from './line-up.mjs'
import { applyLoad } from './load.mjs'
import { readCpuMicros } from './usage.mjs'

// Requests one after another on each connection, to contenders that forward to the same target. The kind chooses the
// figures.

/**
 * @typedef {object} RequestsScenario
 * @property {string} title
 * @property {string} path - of every request; `/bench` is the gateway's prefix
 * @property {number} connections - each with one request in flight
 * @property {number} [body] - bytes to POST; without, it is a GET
 * @property {boolean} [close] - a new connection for each request
 * @property {number} [servers] - of the target; 1 by default
 * @typedef {RequestsScenario & import('./line-up.mjs').LineUp} Scenario
 *
 * @typedef {{ requests: number, errors: number, seconds: number, p50Micros: number, cpuMicros: number }} Round
 */

/** @param {Scenario} scenario */
export function describe ({ title, connections }) {
  return `${title}, ${connections} ${connections === 1 ? 'connection' : 'connections'}`
}

/**
 * Each contender has `startAgain`, too: it starts one more process like it.
 * @type {import('./kinds.mjs').Kind['setUp']}
 */
export async function setUp (scenario, { options, cores, start }) {
  const target = await start('targets/responses.mjs', [String(scenario.servers ?? 1)], cores.load)
  return await Promise.all(lineUp(scenario, options, target.urls).map(async ({ name, script, args }) => {
    const startAgain = () => start(script, args, cores.contender)
    const server = await startAgain()
    await checkResponse(name, server, target, scenario)
    // wrk waits for the server to close, and not every proxy does: @fastify/http-proxy passes the target's `keep-alive`
    // on.
    const maker = scenario.close === true ? 'client.mjs' : options.loadMaker
    const measure = seconds => measureRound(name, server, scenario, { maker, seconds, core: cores.load })
    return { name, measure, startAgain }
  }))
}

/** A contender with another response than the target's, an error for example, is fast for the wrong reason. */
async function checkResponse (name, server, target, scenario) {
  const [expected, actual] = await Promise.all([target, server].map(({ url }) => sendOne(url, scenario)))
  if (actual !== expected) throw new Error(`${name} has another response than the target: ${actual.slice(0, 200)}`)
}

async function sendOne (url, { path, body }) {
  const request = body === undefined ? {} : { method: 'POST', body: Buffer.alloc(body) }
  return await (await fetch(url + path, request)).text()
}

async function measureRound (name, server, { path, connections, body, close }, { maker, seconds, core }) {
  const before = readCpuMicros(server.pid)
  const counts = await applyLoad(maker, { url: server.url + path, connections, body, close }, { seconds, core })
  const cpuMicros = readCpuMicros(server.pid) - before
  if (counts.errors > 0 || counts.requests === 0) throw new Error(`${name} failed: ${JSON.stringify(counts)}`)
  return { ...counts, cpuMicros }
}
