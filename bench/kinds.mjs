/**
 * A way of measuring. Each is a module of kinds/, and a scenario names the one that it is measured by.
 * @typedef {object} Kind
 * @property {(scenario: object) => string} describe - one line, for above the table
 * @property {(scenario: object, bench: Bench) => Promise<import('./turns.mjs').Contender[]>} setUp - starts the
 *   contenders and the target behind them; the first contender is compared with the others
 * @property {import('./figures.mjs').Figure[]} figures - of the rounds of a contender
 *
 * @typedef {object} Bench
 * @property {import('./options.mjs').Options} options
 * @property {ReturnType<import('./cores.mjs').chooseCores>} cores
 * @property {typeof import('./processes.mjs').startScript} start - of a script of bench/, by its name; stopped with the
 *   scenario
 */

export * as balancers from './kinds/balancers.mjs'
export * as cost from './kinds/cost.mjs'
export * as latency from './kinds/latency.mjs'
export * as prefixes from './kinds/prefixes.mjs'
export * as sockets from './kinds/sockets.mjs'
export * as streams from './kinds/streams.mjs'
export * as throughput from './kinds/throughput.mjs'
export * as transfer from './kinds/transfer.mjs'
