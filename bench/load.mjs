import { fileURLToPath } from 'node:url'
import { findCommand } from './commands.mjs'
import { runOn } from './processes.mjs'
import { sum } from './statistics.mjs'

const pathOf = name => fileURLToPath(new URL(`loads/${name}`, import.meta.url))

/**
 * The request that is sent over and over.
 * @typedef {object} Work
 * @property {string} url
 * @property {number} connections - with one request in flight on each
 * @property {number} [body] - bytes to POST; without, it is a GET
 * @property {boolean} [close] - a new connection for each request, instead of those kept alive
 *
 * @typedef {'wrk' | 'client.mjs'} LoadMaker - the same for all in one run; two runs with different ones do not
 *   compare
 */

/** @returns {LoadMaker} the load generator for closed loops on this machine */
export function chooseLoadMaker () {
  return findCommand('wrk') === undefined ? 'client.mjs' : 'wrk'
}

/**
 * Applies a closed loop for some time.
 * @param {LoadMaker} maker
 * @param {Work} work
 * @param {{ seconds: number, core?: number }} options
 * @returns {Promise<{ requests: number, errors: number, seconds: number, p50Micros: number }>} errors are statuses and
 *   broken connections; the time from the request to the end of its response
 */
export async function applyLoad (maker, work, { seconds, core }) {
  if (maker === 'wrk') return await runWrk(work, seconds, core)
  return JSON.parse(await runOn(core, [process.execPath, pathOf('client.mjs'), String(seconds), JSON.stringify(work)]))
}

/**
 * Sends requests at a fixed rate for some time, and waits for every response.
 * @param {{ url: string, rate: number, seconds: number, core?: number }} options - `rate` is requests a second
 * @returns {Promise<{ requests: number, failures: number, lateness: number, responses: { upstream: string,
 *   latency: number }[] }>} failures are statuses other than 200 and broken connections; times in milliseconds, see
 *   open-loop.mjs
 */
export async function applySteadyLoad ({ url, rate, seconds, core }) {
  return JSON.parse(await runOn(core, [process.execPath, pathOf('open-loop.mjs'), url, String(rate), String(seconds)]))
}

async function runWrk ({ url, connections, body, close = false }, seconds, core) {
  // wrk knows whole seconds only.
  const duration = Math.max(1, Math.round(seconds))
  const output = await runOn(core, [
    'wrk', '-t1', `-c${connections}`, `-d${duration}s`, '--latency', '--timeout', '10s',
    ...close ? ['-H', 'Connection: close'] : [],
    ...body === undefined ? [url] : ['-s', pathOf('post.lua'), url, '--', String(body)],
  ])
  return { ...readWrk(output), seconds: duration }
}

/** @see wrk, the end of `main` in src/wrk.c; the lines of errors are there only when there are some */
function readWrk (output) {
  const requests = Number(/^ +(\d+) requests in /m.exec(output)[1])
  const [, p50, unit] = /^ +50% +([\d.]+)(us|ms|s)$/m.exec(output)
  const failures = /^ +Socket errors: (.*)$/m.exec(output)?.[1].match(/\d+/g) ?? []
  const refusals = /^ +Non-2xx or 3xx responses: (\d+)$/m.exec(output)?.[1] ?? 0
  return {
    requests,
    errors: sum([...failures, refusals].map(Number)),
    p50Micros: Number(p50) * { us: 1, ms: 1e3, s: 1e6 }[unit],
  }
}
