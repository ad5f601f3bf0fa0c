// How long a request takes that waits for no other.

export { describe, setUp } from '../closed-loop.mjs'

const p50 = ({ p50Micros }) => p50Micros

/** @type {import('../figures.mjs').Figure[]} */
export const figures = [
  { heading: 'p50 µs', digits: 0, of: p50 },
  { heading: 'min', digits: 0, of: p50, over: values => Math.min(...values) },
  { heading: 'max', digits: 0, of: p50, over: values => Math.max(...values) },
  { heading: 'requests/s', digits: 0, of: ({ requests, seconds }) => requests / seconds },
]
