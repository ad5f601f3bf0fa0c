/**
 * @typedef {{ requests: number, errors: number, seconds: number, cpuMicros: number }} Round
 * @typedef {{ name: string, rounds: Round[] }} Measured
 */

/** The contender that all others are compared with. */
export const SUBJECT = 'gateway'

const HEADINGS = ['contender', 'CPU µs/request', 'min', 'max', 'requests/s', 'busy %', `${SUBJECT} is`]

/**
 * What the rounds of a contender come to: medians, and the ratio of the gateway's CPU per request to this contender's,
 * which is the median of the ratios round by round, so that what slows the machine down for a while slows both.
 * @param {Measured} contender
 * @param {Measured} subject
 */
export function summarize ({ rounds }, subject) {
  const cpu = rounds.map(cpuPerRequest)
  return {
    cpuMicrosPerRequest: median(cpu),
    min: Math.min(...cpu),
    max: Math.max(...cpu),
    requestsPerSecond: median(rounds.map(({ requests, seconds }) => requests / seconds)),
    busyPercent: median(rounds.map(({ cpuMicros, seconds }) => cpuMicros / seconds / 1e4)),
    ratio: median(rounds.map((round, index) => cpuPerRequest(subject.rounds[index]) / cpuPerRequest(round))),
  }
}

/** @param {Round} round */
function cpuPerRequest ({ cpuMicros, requests }) {
  return cpuMicros / requests
}

/** @param {number[]} values - one or more */
function median (values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/**
 * The table of one scenario, at most 80 columns wide.
 * @param {({ name: string } & ReturnType<typeof summarize>)[]} contenders
 */
export function formatTable (contenders) {
  const rows = [HEADINGS, ...contenders.map(toCells)]
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map(row => row[column].length)))
  return rows.map(([name, ...numbers]) => [
    name.padEnd(widths[0]), ...numbers.map((number, index) => number.padStart(widths[index + 1])),
  ].join('  ')).join('\n')
}

function toCells ({ name, cpuMicrosPerRequest, min, max, requestsPerSecond, busyPercent, ratio }) {
  const tenths = [cpuMicrosPerRequest, min, max].map(value => value.toFixed(1))
  return [name, ...tenths, requestsPerSecond.toFixed(0), busyPercent.toFixed(0), `${ratio.toFixed(2)} x`]
}
