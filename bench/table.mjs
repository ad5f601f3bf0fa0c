/**
 * @typedef {object} Column
 * @property {string} heading
 * @property {(row: object) => string} show
 * @property {boolean} [isText] - to the left, as the first column is; numbers go to the right
 */

/**
 * A table for the terminal.
 * @param {Column[]} columns - their cells at most 80 characters wide together, two for each gap included
 * @param {object[]} rows
 */
export function formatTable (columns, rows) {
  const lines = [columns.map(({ heading }) => heading), ...rows.map(row => columns.map(({ show }) => show(row)))]
  const pads = columns.map(({ isText = false }, index) => {
    const width = Math.max(...lines.map(cells => cells[index].length))
    return text => isText || index === 0 ? text.padEnd(width) : text.padStart(width)
  })
  return lines.map(cells => cells.map((cell, index) => pads[index](cell)).join('  ')).join('\n')
}

/** Shows one property of a row, with so many digits after the point; a number that is none is a dash. */
export function showNumber (property, digits) {
  return row => Number.isFinite(row[property]) ? row[property].toFixed(digits) : '-'
}

/** Shows a property of a row that is a ratio. */
export function showRatio (property) {
  const show = showNumber(property, 2)
  return row => `${show(row)} x`
}
