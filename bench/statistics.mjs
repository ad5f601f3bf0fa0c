/** @param {number[]} values */
export function sum (values) {
  return values.reduce((total, value) => total + value, 0)
}

/** @param {number[]} values - one or more */
export function median (values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/**
 * How far values lie apart, in percent of their median.
 * @param {number[]} values - one or more
 */
export function spreadPercent (values) {
  return (Math.max(...values) - Math.min(...values)) / median(values) * 100
}

/**
 * The median of the ratios round by round, so that a machine that is slow for a while is slow for both.
 * @param {number[]} numerators - one a round
 * @param {number[]} denominators - of the same rounds
 */
export function medianRatio (numerators, denominators) {
  return median(numerators.map((numerator, round) => numerator / denominators[round]))
}

/**
 * By the nearest rank: a value that is there, and `share` of all are no larger.
 * @param {number[]} values - one or more
 * @param {number} share - above 0, at most 1
 */
export function percentile (values, share) {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1]
}
