import { compare, readFigure } from './figures.mjs'
import { showNumber, showRatio } from './table.mjs'

/**
 * What is asked of the first contender of a scenario.
 * @typedef {object} Goal
 * @property {string} of - the heading of a figure
 * @property {string} [against] - another contender: then what counts is the ratio to its figure, else the figure itself
 * @property {number} atMost
 *
 * @typedef {Goal & { scenario: string, measured: number, reached: boolean }} Verdict
 */

/**
 * Every goal of a scenario that can be judged: those against somebody who did not take part cannot.
 * @param {{ name: string, goals?: Goal[] }} scenario
 * @param {import('./figures.mjs').Figure[]} figures
 * @param {import('./turns.mjs').Measured[]} contenders - that were measured
 * @returns {Verdict[]}
 */
export function judge ({ name, goals = [] }, figures, contenders) {
  const [first] = contenders
  return goals.flatMap(goal => {
    const figure = figures.find(({ heading }) => heading === goal.of)
    const other = contenders.find(contender => contender.name === goal.against)
    if (goal.against !== undefined && other === undefined) return []
    const measured = other === undefined ? readFigure(figure, first) : compare(figure, first, other)
    return { scenario: name, ...goal, measured, reached: measured <= goal.atMost }
  })
}

/** Ratios have two digits, figures by themselves one. */
const showMeasured = property => row =>
  row.against === undefined ? showNumber(property, 1)(row) : showRatio(property)(row)

/** One row a verdict. */
export const columns = [
  { heading: 'scenario', show: ({ scenario }) => scenario },
  { heading: 'what', show: ({ of }) => of, isText: true },
  { heading: 'against', show: ({ against = '' }) => against, isText: true },
  { heading: 'at most', show: showMeasured('atMost') },
  { heading: 'measured', show: showMeasured('measured') },
  { heading: 'reached', show: ({ reached }) => reached ? 'yes' : 'no' },
]
