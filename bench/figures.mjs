import { median, medianRatio } from './statistics.mjs'

/**
 * A number of a contender: a column of the table, and the subject of goals. The first of a kind is the one that
 * contenders are compared by.
 * @typedef {object} Figure
 * @property {string} heading - with its unit
 * @property {number} digits - after the point
 * @property {(round: object) => number} of
 * @property {(values: number[]) => number} [over] - the result of all rounds; by default their median
 */

/**
 * @param {Figure} figure
 * @param {import('./turns.mjs').Measured} contender
 */
export function readFigure ({ of, over = median }, { rounds }) {
  return over(rounds.map(of))
}

/**
 * How many times that of the other the first one's figure is.
 * @param {Figure} figure
 * @param {import('./turns.mjs').Measured} first
 * @param {import('./turns.mjs').Measured} other
 */
export function compare ({ of }, first, other) {
  return medianRatio(first.rounds.map(of), other.rounds.map(of))
}

/**
 * Every figure of a contender by its heading, and `ratio`, how many times its first figure that of the first contender
 * is.
 * @param {Figure[]} figures
 * @param {import('./turns.mjs').Measured} contender
 * @param {import('./turns.mjs').Measured} first
 */
export function summarize (figures, contender, first) {
  const values = figures.map(figure => [figure.heading, readFigure(figure, contender)])
  return { ...Object.fromEntries(values), ratio: compare(figures[0], first, contender) }
}
