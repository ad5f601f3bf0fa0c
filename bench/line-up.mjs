import { SUBJECT } from './contenders.mjs'

/**
 * Who takes part in a scenario, and by which script: the contenders that were chosen, or where it says so the gateway
 * alone, in variants. For a smoke test whom the goals are about is enough.
 * @param {LineUp & { goals?: import('./goals.mjs').Goal[] }} scenario
 * @param {import('./options.mjs').Options} options
 * @param {string[]} urls - of the target's servers; only the gateway's variants take more than the first
 * @returns {{ name: string, script: string, args: string[] }[]}
 *
 * @typedef {object} LineUp
 * @property {{ name: string, by?: string, args?: string[], upstreams?: number }[]} [variants] - `by` a script of
 *   contenders/ other than the gateway's; `args` beside the upstreams, as many as there are by default
 * @property {string[]} [without] - contenders that cannot do this
 * @property {number} [maxConnections] - to the target; who has a limit below that has to raise it
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
  const isAsked = name => !smoke || name === SUBJECT || goals.some(({ against }) => against === name)
  return contenders
    .filter(name => isAsked(name) && !without.includes(name))
    .map(name => ({ name, script: scriptOf(name), args }))
}

function scriptOf (name) {
  return `contenders/${name}.mjs`
}
