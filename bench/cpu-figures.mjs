/**
 * What contenders that do the same work are compared by, its CPU time first.
 * @param {string} unit - of the work: `request`
 * @param {(round: object) => number} countOf - how many units a round did; it holds `cpuMicros` and `seconds` too
 * @param {string} [plural]
 * @returns {import('./figures.mjs').Figure[]}
 */
export function figuresOfCpu (unit, countOf, plural = `${unit}s`) {
  const cost = round => round.cpuMicros / countOf(round)
  return [
    { heading: `CPU µs/${unit}`, digits: 1, of: cost },
    { heading: 'min', digits: 1, of: cost, over: values => Math.min(...values) },
    { heading: 'max', digits: 1, of: cost, over: values => Math.max(...values) },
    { heading: `${plural}/s`, digits: 0, of: round => countOf(round) / round.seconds },
    { heading: 'busy %', digits: 0, of: ({ cpuMicros, seconds }) => cpuMicros / seconds / 1e4 },
  ]
}
