/**
 * A way of measuring. Each is a module of kinds/, and a scenario names the one that it is measured by.
 * @typedef {object} Kind
 * @property {(scenario: object) => string} describe - what is done, for the line above the table
 * @property {(scenario: object, bench: Bench) => Promise<import('./turns.mjs').Contender[]>} setUp - starts what is measured and
 *   what stands behind it; the others are compared with the first
 * @property {(contender: import('./turns.mjs').Measured, first: import('./turns.mjs').Measured) => object} summarize - what its
 *   rounds come to
 * @property {import('./table.mjs').Column[]} columns - of the table, one row a contender: its name, and its summary
 *
 * @typedef {object} Bench
 * @property {import('./options.mjs').Options} options
 * @property {ReturnType<import('./cores.mjs').chooseCores>} cores
 * @property {typeof import('./processes.mjs').startScript} start - of a script of bench/, by its name; stopped with the scenario
 */

export * as balancers from './kinds/balancers.mjs'
export * as cost from './kinds/cost.mjs'
