/**
 * @typedef {object} Scenario
 * @property {string} title - for the heading of its table
 * @property {string} path - what every contender is asked for; `/bench` is the gateway's prefix
 * @property {number} connections - kept alive, each with one request under way
 */

/** @type {Record<string, Scenario>} */
export const scenarios = {
  small: { title: 'GET, a 40-byte JSON answer', path: '/bench/small', connections: 64 },
}
