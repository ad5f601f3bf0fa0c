import { lineUp } from '../line-up.mjs'
import { measureLongLived } from '../long-lived.mjs'
import { sum } from '../statistics.mjs'
import { readMemory } from '../usage.mjs'

// Event streams that stay open: what an event costs, how late it is, and what memory a stream takes.

/**
 * @typedef {object} StreamsScenario
 * @property {string} title
 * @property {number} streams - open at the same time
 * @property {number} rate - events a second on each
 * @typedef {StreamsScenario & import('../line-up.mjs').LineUp} Scenario
 *
 * @typedef {object} Round
 * @property {number} events
 * @property {number} lost
 * @property {number} seconds
 * @property {number} p99 - milliseconds from the target's write to the client
 * @property {number} cpuMicros
 * @property {number} memory - in KB a stream
 */

/** In a process that has had none yet, the compiled code would count as memory of its streams. */
const FIRST_STREAMS = 0.05

/** @param {Scenario} scenario */
export function describe ({ title, streams, rate }) {
  return `${title}, ${streams} open, ${rate} events/s on each`
}

/** @type {import('../kinds.mjs').Kind['setUp']} */
export async function setUp (scenario, { options, cores, start }) {
  const target = await start('targets/event-streams.mjs', [String(scenario.rate)], cores.load)
  const open = (server, streams) => start('loads/event-streams.mjs', [`${server.url}/bench/events`, String(streams)], cores.load)
  return await Promise.all(lineUp(scenario, options, target.urls).map(async ({ name, script, args }) => {
    const startServer = () => start(script, args, cores.contender)
    const server = await startServer()
    const warmUp = seconds => measureLongLived(server, () => open(server, scenario.streams), seconds)
    const measure = async seconds => ({
      ...(await warmUp(seconds)),
      memory: await measureMemory(startServer, open, scenario),
    })
    return { name, warmUp, measure }
  }))
}

/** In a process of its own: in one that had as many streams before, new ones reuse the memory of those. */
async function measureMemory (startServer, open, { streams }) {
  const server = await startServer()
  const readCollected = async () => {
    await server.run({})
    return readMemory(server.pid)
  }
  await (await open(server, Math.ceil(streams * FIRST_STREAMS))).stop()
  const before = await readCollected()
  const load = await open(server, streams)
  const memory = (await readCollected() - before) / streams
  await load.stop()
  await server.stop()
  return memory
}

/** @type {import('../figures.mjs').Figure[]} */
export const figures = [
  { heading: 'CPU µs/event', digits: 1, of: ({ cpuMicros, events }) => cpuMicros / events },
  { heading: 'p99 ms', digits: 1, of: ({ p99 }) => p99 },
  { heading: 'KB/stream', digits: 1, of: ({ memory }) => memory },
  { heading: 'lost', digits: 0, of: ({ lost }) => lost, over: sum },
  { heading: 'events/s', digits: 0, of: ({ events, seconds }) => events / seconds },
]
