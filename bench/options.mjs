import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { scenarios } from './scenarios.mjs'

const folder = name => fileURLToPath(new URL(name, import.meta.url))

/** The contender that all others are compared with. */
const SUBJECT = 'gateway'

/**
 * What the command line asks for. The gateway comes first, the others in the order of their names.
 * @param {string[]} args
 * @returns {{ seconds: number, rounds: number, out: string, scenarioNames: string[], contenders: string[] }}
 */
export function readOptions (args) {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: 'string', default: '3' },
      rounds: { type: 'string', default: '3' },
      scenario: { type: 'string', multiple: true },
      against: { type: 'string', multiple: true },
      out: { type: 'string', default: folder('results') },
      smoke: { type: 'boolean', default: false },
    },
  })
  const others = readdirSync(folder('contenders')).map(file => file.replace(/\.mjs$/, '')).filter(name => name !== SUBJECT).sort()
  return {
    ...values.smoke ? { seconds: 0.3, rounds: 1 } : { seconds: toPositive('seconds', values.seconds), rounds: Math.ceil(toPositive('rounds', values.rounds)) },
    out: values.out,
    scenarioNames: choose('scenario', values.scenario, Object.keys(scenarios)),
    contenders: [SUBJECT, ...choose('against', values.against, others)],
  }
}

function toPositive (name, text) {
  const value = Number(text)
  if (value > 0 && value < Infinity) return value
  throw new Error(`--${name} has to be a number above 0, not "${text}"`)
}

/** Without a choice, all. */
function choose (name, chosen = [], known) {
  const unknown = chosen.find(value => !known.includes(value))
  if (unknown !== undefined) throw new Error(`--${name} "${unknown}" is not known; there are: ${known.join(', ')}`)
  return chosen.length === 0 ? known : known.filter(value => chosen.includes(value))
}
