import type { Balancer, Candidate } from './candidate.ts'
import { drawCheaper } from './draw.ts'
import { isObserved, readEstimate } from './peak-ewma.ts'

type Timed = Pick<Candidate, 'share' | 'inFlight' | 'latency'>

/**
 * Milliseconds below which upstreams count as equally fast, and the requests under way decide. Also the end of fading:
 * an old estimate near zero would make every request under way cost nothing, and one that hangs would get them all.
 */
const FASTEST = 1

/**
 * How much cheaper the second draw has to be. Two estimates are never equal: without this the one that is faster by a
 * hair would get everything while there is little to do, whatever the weights; with it, weights hold there, too.
 */
const MARGIN = 1.5

/**
 * Peak EWMA: of two weighted draws the one whose answer is expected clearly sooner, by its latency and by the requests
 * that it has already, in relation to its share.
 * A newcomer is expected to be like the others: as the fastest it would get everything at once, as the slowest
 * nothing ever.
 * @param random - a number from 0 to below 1
 * @param now - milliseconds, on the clock of the observations
 * @see Twitter Finagle, `loadbalancer/PeakEwma.scala`
 */
export function createEwma (random: () => number, now: () => number): Balancer<Timed> {
  function costOf ({ latency, inFlight, share }: Timed, candidates: readonly Timed[]): number {
    const time = now()
    const estimate = isObserved(latency) ? readEstimate(latency, time) : meanEstimate(candidates, time)
    return Math.max(estimate, FASTEST) * (inFlight * meanShare(candidates) / share + 1)
  }
  return {
    pick (candidates) {
      return drawCheaper(candidates, random, costOf, MARGIN)
    },
  }
}

/** Of those that take requests. */
function meanShare (candidates: readonly Timed[]): number {
  let sum = 0
  let count = 0
  for (const { share } of candidates) {
    sum += share
    if (share > 0) count++
  }
  return sum / count
}

/** Of those that take requests and have been observed; 0 when there are none. */
function meanEstimate (candidates: readonly Timed[], now: number): number {
  let sum = 0
  let count = 0
  for (const { share, latency } of candidates) {
    if (share === 0 || !isObserved(latency)) continue
    sum += readEstimate(latency, now)
    count++
  }
  return count === 0 ? 0 : sum / count
}
