import { fileURLToPath } from 'node:url'
import { findCommand } from './commands.mjs'
import { runOn } from './processes.mjs'

const client = fileURLToPath(new URL('loads/client.mjs', import.meta.url))
const openLoop = fileURLToPath(new URL('loads/open-loop.mjs', import.meta.url))

/** What makes the load of `applyLoad` on this machine. Within one run it is the same for all; two runs with different ones do not compare. */
export const loadName = findCommand('wrk') === undefined ? 'bench/loads/client.mjs' : 'wrk'

/**
 * Asks for one URL over and over, for some time.
 * @param {{ url: string, connections: number, seconds: number, core?: number }} options
 * @returns {Promise<{ requests: number, errors: number, seconds: number }>} errors are statuses and broken connections
 */
export async function applyLoad ({ url, connections, seconds, core }) {
  if (loadName === 'wrk') return await runWrk(url, connections, seconds, core)
  return JSON.parse(await runOn(core, [process.execPath, client, url, String(connections), String(seconds)]))
}

/**
 * Sends requests at a fixed rate for some time, and waits for every answer.
 * @param {{ url: string, rate: number, seconds: number, core?: number }} options - `rate` is requests a second
 * @returns {Promise<{ requests: number, failures: number, lateness: number, answers: { upstream: string, latency: number }[] }>}
 *   failures are statuses other than 200 and broken connections; milliseconds, see open-loop.mjs
 */
export async function applySteadyLoad ({ url, rate, seconds, core }) {
  return JSON.parse(await runOn(core, [process.execPath, openLoop, url, String(rate), String(seconds)]))
}

async function runWrk (url, connections, seconds, core) {
  // wrk knows whole seconds only.
  const duration = Math.max(1, Math.round(seconds))
  return { ...readWrk(await runOn(core, ['wrk', '-t1', `-c${connections}`, `-d${duration}s`, url])), seconds: duration }
}

/** @see wrk, the end of `main` in src/wrk.c; the lines of errors are there only when there are some */
function readWrk (output) {
  const requests = Number(/^ +(\d+) requests in /m.exec(output)[1])
  const failures = /^ +Socket errors: (.*)$/m.exec(output)?.[1].match(/\d+/g) ?? []
  const refusals = /^ +Non-2xx or 3xx responses: (\d+)$/m.exec(output)?.[1] ?? 0
  return { requests, errors: [...failures, refusals].reduce((sum, count) => sum + Number(count), 0) }
}
