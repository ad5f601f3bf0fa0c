import * as closedLoop from '../closed-loop.mjs'
import { readMemory } from '../usage.mjs'

// What it costs to have many prefixes: for a request to one of them, at the start, and in memory. The last variant has
// one prefix: the memory of the others is compared with its.

export const { describe } = closedLoop

/** @type {import('../kinds.mjs').Kind['setUp']} */
export async function setUp (scenario, bench) {
  const contenders = await closedLoop.setUp(scenario, bench)
  const plain = contenders.at(-1)
  return contenders.map(({ name, measure, startAgain }) => ({
    name,
    warmUp: measure,
    measure: async seconds => ({ ...await measure(seconds), ...await compareStarts(startAgain, plain.startAgain) }),
  }))
}

/**
 * Starts both anew, since one that has served requests has grown by those.
 * @returns {Promise<{ startMs: number, memory: number }>} from registering to listening, in a process that runs
 *   already; in KB a prefix
 */
async function compareStarts (startAgain, startPlain) {
  const many = await measureStart(startAgain)
  const one = startAgain === startPlain ? many : await measureStart(startPlain)
  return { startMs: many.startMs, memory: (many.memory - one.memory) / (many.prefixes - one.prefixes) }
}

async function measureStart (start) {
  const server = await start()
  await server.run({})
  const { startMs, prefixes, pid } = server
  const memory = readMemory(pid)
  await server.stop()
  return { startMs, prefixes, memory }
}

/** @type {import('../figures.mjs').Figure[]} */
export const figures = [
  { heading: 'CPU µs/request', digits: 1, of: ({ cpuMicros, requests }) => cpuMicros / requests },
  { heading: 'requests/s', digits: 0, of: ({ requests, seconds }) => requests / seconds },
  { heading: 'start ms', digits: 0, of: ({ startMs }) => startMs },
  { heading: 'KB/prefix', digits: 1, of: ({ memory }) => memory },
]
