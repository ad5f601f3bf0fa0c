import { SUBJECT } from './contenders.mjs'

/**
 * The contenders of a scenario, and the script of each: those that were chosen, or, where the scenario has variants,
 * the gateway alone, in these. For a smoke test those that goals name are enough.
 * @param {LineUp & { goals?: import('./goals.mjs').Goal[] }} scenario
 * @param {import('./options.mjs').Options} options
 * @param {string[]} urls - of the target's servers; only the gateway's variants take more than the first
 * @returns {{ name: string, script: string, args: string[] }[]}
 *
 * @typedef {object} LineUp
 * @property {{ name: string, by?: string, args?: string[], upstreams?: number }[]} [variants] - `by` a script of
 *   contenders/ other than the gateway's; `args` beside the upstreams, as many as there are by default
 * @property {string[]} [without] - contenders that cannot do this
 * @property {number} [maxConnections] - to the target; contenders with a lower limit raise it
 */
export function lineUp ({ variants, without = [], maxConnections, goals = [] }, { contenders, smoke }, urls) {
  if (variants !== undefined) {
    return variants.map(({ name, by = SUBJECT, args = [], upstreams = urls.length }) => ({
      name,
      script: scriptOf(by),
      args: [...urls.slice(0, upstreams), ...args],
    }))
  }
  const args = [urls[0], ...maxConnections === undefined ? [] : ['--max-connections', String(maxConnections)]]
  const isWanted = name => !smoke || name === SUBJECT || goals.some(({ against }) => against === name)
  return contenders
    .filter(name => isWanted(name) && !without.includes(name))
    .map(name => ({ name, script: scriptOf(name), args }))
}

function scriptOf (name) {
  return `contenders/${name}.mjs`
}
