import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { isInstalled, opponents, SUBJECT } from './contenders.mjs'
import { chooseLoadMaker } from './load.mjs'
import { scenarios } from './scenarios.mjs'

/** Rounds so short show that everything works; their numbers mean nothing. wrk has none below a second. */
const SMOKE = {
  seconds: 0.2,
  rounds: 1,
  loadMaker: 'client.mjs',
  opponents: ['fastify-http-proxy', 'node-undici'],
  // One of each kind: the others differ in numbers.
  scenarios: ['small', 'single', 'post-10m', 'event-streams', 'websockets', 'prefixes', 'slow-upstream', 'workers'],
}

/**
 * The options of the command line.
 * @param {string[]} args
 * @returns {Options}
 *
 * @typedef {object} Options
 * @property {number} seconds - of a round
 * @property {number} rounds
 * @property {boolean} smoke - scenarios are smaller, and rounds short
 * @property {import('./load.mjs').LoadMaker} loadMaker
 * @property {string} out - folder of the results
 * @property {string[]} scenarioNames
 * @property {string[]} contenders - the gateway first
 * @property {string[]} absent - contenders that are not installed
 */
export function readOptions (args) {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: 'string', default: '3' },
      rounds: { type: 'string', default: '3' },
      scenario: { type: 'string', multiple: true },
      against: { type: 'string', multiple: true },
      out: { type: 'string', default: fileURLToPath(new URL('results', import.meta.url)) },
      smoke: { type: 'boolean', default: false },
    },
  })
  const { smoke, out, scenario, against } = values
  const wanted = choose('against', against, opponents, smoke ? SMOKE.opponents : opponents)
  const [present, absent] = [wanted.filter(isInstalled), wanted.filter(name => !isInstalled(name))]
  if (against !== undefined && absent.length > 0) throw new Error(`--against "${absent[0]}" is not installed`)
  return {
    seconds: smoke ? SMOKE.seconds : toPositive('seconds', values.seconds),
    rounds: smoke ? SMOKE.rounds : Math.ceil(toPositive('rounds', values.rounds)),
    smoke,
    loadMaker: smoke ? SMOKE.loadMaker : chooseLoadMaker(),
    out,
    scenarioNames: choose('scenario', scenario, Object.keys(scenarios), smoke ? SMOKE.scenarios : undefined),
    contenders: [SUBJECT, ...present],
    absent,
  }
}

function toPositive (name, text) {
  const value = Number(text)
  if (value > 0 && value < Infinity) return value
  throw new Error(`--${name} has to be a number above 0, not "${text}"`)
}

/** The chosen values, in the order of the known ones; without a choice, the default. */
function choose (name, chosen, known, byDefault = known) {
  if (chosen === undefined) return byDefault
  const unknown = chosen.find(value => !known.includes(value))
  if (unknown !== undefined) throw new Error(`--${name} "${unknown}" is not known; there are: ${known.join(', ')}`)
  return known.filter(value => chosen.includes(value))
}
