import { compare, readFigure } from './figures.mjs'
import { showNumber, showRatio } from './table.mjs'

/**
 * A limit for the first contender of a scenario.
 * @typedef {object} Goal
 * @property {string} of - the heading of a figure
 * @property {string} [against] - another contender: then the ratio to its figure is limited, else the figure itself
 * @property {number} atMost
 *
 * @typedef {Goal & { scenario: string, measured: number, reached: boolean }} GoalResult
 */

/**
 * The results of the goals of a scenario, less those against a contender that did not take part.
 * @param {{ name: string, goals?: Goal[] }} scenario
 * @param {import('./figures.mjs').Figure[]} figures
 * @param {import('./turns.mjs').Measured[]} contenders - that were measured
 * @returns {GoalResult[]}
 */
export function checkGoals ({ name, goals = [] }, figures, contenders) {
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

/** One row a result. */
export const columns = [
  { heading: 'scenario', show: ({ scenario }) => scenario },
  { heading: 'what', show: ({ of }) => of, isText: true },
  { heading: 'against', show: ({ against = '' }) => against, isText: true },
  { heading: 'at most', show: showMeasured('atMost') },
  { heading: 'measured', show: showMeasured('measured') },
  { heading: 'reached', show: ({ reached }) => reached ? 'yes' : 'no' },
]
