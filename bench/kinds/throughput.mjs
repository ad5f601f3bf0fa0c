import { spreadPercent } from '../statistics.mjs'
import * as closedLoop from '../closed-loop.mjs'

// How much is served by more than one process, which has to be allowed more than one core.

export const { describe } = closedLoop

/** @type {import('../kinds.mjs').Kind['setUp']} */
export async function setUp (scenario, bench) {
  return await closedLoop.setUp(scenario, { ...bench, cores: {} })
}

const throughput = ({ requests, seconds }) => requests / seconds

/** @type {import('../figures.mjs').Figure[]} */
export const figures = [
  { heading: 'requests/s', digits: 0, of: throughput },
  { heading: 'spread %', digits: 0, of: throughput, over: spreadPercent },
  { heading: 'CPU µs/request', digits: 1, of: ({ cpuMicros, requests }) => cpuMicros / requests },
  { heading: 'busy %', digits: 0, of: ({ cpuMicros, seconds }) => cpuMicros / seconds / 1e4 },
]
