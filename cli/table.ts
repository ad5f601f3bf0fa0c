/** A column of a table. */
export interface Column {
  title: string
  /** Characters that it keeps when the table is too wide; without it, the column is never cut. */
  minWidth?: number
  /** Cuts a text that is too long; by default at its end. */
  cut?: (text: string, width: number) => string
}

const GAP = 2

/**
 * Lays out rows in columns, each as wide as its longest text. When that is more than `width`, the widest columns shrink
 * first, and texts that do not fit are cut with an ellipsis, so the columns stay aligned.
 * @param rows - texts of one line; every character counts as one wide
 * @param width - characters on a line; the table is wider only when the `minWidth` of its columns are
 * @returns lines without trailing spaces: the titles, if there are any, and then one for each row
 */
export function renderTable (columns: readonly Column[], rows: readonly string[][], width: number): string[] {
  const titles = columns.map(({ title }) => title)
  const all = titles.some(title => title !== '') ? [titles, ...rows] : rows
  const widths = fitWidths(columns, all, width)
  return all.map(row => columns
    .map(({ cut = cutEnd }, index) => cut(row[index]!, widths[index]!).padEnd(widths[index]! + GAP))
    .join('').trimEnd())
}

/** `a-long-name` in 6 characters is `a-lon…`. */
export function cutEnd (text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(width - 1, 0))}…`
}

/** For addresses, which differ at their ends: `http://a.example.com:8001` in 15 characters is `http://…om:8001`. */
export function cutMiddle (text: string, width: number): string {
  if (text.length <= width) return text
  const tail = Math.floor((width - 1) / 2)
  return `${text.slice(0, width - 1 - tail)}…${text.slice(text.length - tail)}`
}

function fitWidths (columns: readonly Column[], rows: readonly string[][], width: number): number[] {
  const widths = columns.map((_, index) => Math.max(...rows.map(row => row[index]!.length)))
  const floors = columns.map(({ minWidth = Infinity }, index) => Math.min(minWidth, widths[index]!))
  let excess = widths.reduce((sum, column) => sum + column, GAP * (columns.length - 1)) - width
  for (; excess > 0; excess--) {
    const widest = findWidest(widths, floors)
    if (widest === undefined) break
    widths[widest]!--
  }
  return widths
}

/** Index of the widest column that can still shrink. */
function findWidest (widths: readonly number[], floors: readonly number[]): number | undefined {
  let best: number | undefined
  for (const [index, width] of widths.entries()) {
    if (width > floors[index]! && (best === undefined || width > widths[best]!)) best = index
  }
  return best
}
