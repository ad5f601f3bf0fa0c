import { figuresOfCpu } from '../cpu-figures.mjs'
import { lineUp } from '../line-up.mjs'
import { measureLongLived } from '../long-lived.mjs'

// WebSockets that stay open: what a message costs, there and back.

/**
 * @typedef {object} SocketsScenario
 * @property {string} title
 * @property {number} sockets - open at the same time, with one message in flight on each
 * @typedef {SocketsScenario & import('../line-up.mjs').LineUp} Scenario
 *
 * @typedef {{ messages: number, seconds: number, cpuMicros: number }} Round
 */

/** @param {Scenario} scenario */
export function describe ({ title, sockets }) {
  return `${title}, ${sockets} open`
}

/** @type {import('../kinds.mjs').Kind['setUp']} */
export async function setUp (scenario, { options, cores, start }) {
  const target = await start('targets/web-sockets.mjs', [], cores.load)
  return await Promise.all(lineUp(scenario, options, target.urls).map(async ({ name, script, args }) => {
    const server = await start(script, args, cores.contender)
    const open = () => start('loads/web-sockets.mjs', [`${server.url}/bench/echo`, String(scenario.sockets)], cores.load)
    return { name, measure: seconds => measureLongLived(server, open, seconds) }
  }))
}

export const figures = figuresOfCpu('message', ({ messages }) => messages)
