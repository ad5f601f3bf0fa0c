import { readCpuMicros } from './usage.mjs'

/**
 * A round of connections that stay open throughout: opens them, measures, and closes them.
 * @param {import('./processes.mjs').Started} server
 * @param {() => Promise<import('./processes.mjs').Started>} open - starts a load that measures at a
 *   command, `{ seconds }`
 * @param {number} seconds
 * @returns {Promise<object>} what the load measured, and `cpuMicros`, the CPU time of the server meanwhile
 */
export async function measureLongLived (server, open, seconds) {
  const load = await open()
  const before = readCpuMicros(server.pid)
  const round = await load.run({ seconds })
  const cpuMicros = readCpuMicros(server.pid) - before
  await load.stop()
  return { ...round, cpuMicros }
}
