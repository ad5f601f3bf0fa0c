import { spreadPercent } from './statistics.mjs'

/**
 * The figures of contenders that do the same work, its CPU time first.
 * @param {string} unit - of the work: `request`
 * @param {(round: object) => number} countOf - how many units a round did; it has `cpuMicros` and `seconds` too
 * @param {string} [plural]
 * @returns {import('./figures.mjs').Figure[]}
 */
export function figuresOfCpu (unit, countOf, plural = `${unit}s`) {
  const cost = round => round.cpuMicros / countOf(round)
  return [
    { heading: `CPU µs/${unit}`, digits: 1, of: cost },
    { heading: 'spread %', digits: 0, of: cost, over: spreadPercent },
    { heading: `${plural}/s`, digits: 0, of: round => countOf(round) / round.seconds },
    { heading: 'busy %', digits: 0, of: ({ cpuMicros, seconds }) => cpuMicros / seconds / 1e4 },
  ]
}
