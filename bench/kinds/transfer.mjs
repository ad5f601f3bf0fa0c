import { figuresOfCpu } from '../cpu-figures.mjs'
import * as closedLoop from '../closed-loop.mjs'

// What a megabyte costs, of bodies so large that nothing else of a request counts.

export const { describe } = closedLoop

/**
 * @param {closedLoop.Scenario & { megabytes: number }} scenario - how many of them, 1,000,000 bytes each, a request
 *   moves
 * @type {import('../kinds.mjs').Kind['setUp']}
 */
export async function setUp (scenario, bench) {
  const contenders = await closedLoop.setUp(scenario, bench)
  return contenders.map(({ name, measure }) => ({
    name,
    measure: async seconds => addMegabytes(await measure(seconds), scenario),
  }))
}

function addMegabytes (round, { megabytes }) {
  return { ...round, megabytes: round.requests * megabytes }
}

export const figures = figuresOfCpu('MB', ({ megabytes }) => megabytes, 'MB')
