/**
 * @typedef {object} Column
 * @property {string} heading
 * @property {(row: object) => string} show
 */

/**
 * A table for the terminal: the first column to the left, the numbers to the right.
 * @param {Column[]} columns - their cells at most 80 characters wide together, two for each gap included
 * @param {object[]} rows
 */
export function formatTable (columns, rows) {
  const lines = [columns.map(({ heading }) => heading), ...rows.map(row => columns.map(({ show }) => show(row)))]
  const widths = columns.map((_, column) => Math.max(...lines.map(cells => cells[column].length)))
  return lines.map(([name, ...numbers]) => [
    name.padEnd(widths[0]), ...numbers.map((number, index) => number.padStart(widths[index + 1])),
  ].join('  ')).join('\n')
}

/** Shows one property of a row, with so many digits after the point. */
export function showNumber (property, digits) {
  return row => row[property].toFixed(digits)
}
