import { figuresOfCpu } from '../cpu-figures.mjs'

// What a request costs.

export { describe, setUp } from '../closed-loop.mjs'

export const figures = figuresOfCpu('request', ({ requests }) => requests)
