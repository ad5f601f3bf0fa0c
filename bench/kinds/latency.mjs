import { spreadPercent } from '../statistics.mjs'

// How long a request takes that waits for no other.

export { describe, setUp } from '../closed-loop.mjs'

const p50 = ({ p50Micros }) => p50Micros

/** @type {import('../figures.mjs').Figure[]} */
export const figures = [
  { heading: 'p50 µs', digits: 0, of: p50 },
  { heading: 'spread %', digits: 0, of: p50, over: spreadPercent },
  { heading: 'requests/s', digits: 0, of: ({ requests, seconds }) => requests / seconds },
]
