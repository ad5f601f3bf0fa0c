import type { Balancer, Candidate } from './candidate.ts'
import { drawCheaper } from './draw.ts'
import { isObserved, readEstimate } from './peak-ewma.ts'

type Timed = Pick<Candidate, 'share' | 'inFlight' | 'latency'>

/**
 * Milliseconds below which upstreams count as equally fast, and the requests in flight decide. Also the lower bound of
 * an estimate that decays: near zero every request in flight would cost nothing, and an upstream that hangs would get
 * all of them.
 */
const MIN_ESTIMATE = 1

/**
 * Factor by which the second draw has to be cheaper. Two estimates are never equal: without a margin an upstream that
 * is faster by a hair would get all requests under low load, whatever the weights; with it, the weights hold there,
 * too.
 */
const MARGIN = 1.5

/**
 * Peak EWMA: of two weighted draws the one with the clearly shorter expected response time, by its latency and its
 * requests in flight in relation to its share. An upstream without observations is taken for average: as the fastest it
 * would get all requests at once, as the slowest none ever.
 * @param random - from 0 to below 1
 * @param now - milliseconds, on the clock of the observations
 * @see Twitter Finagle, `loadbalancer/PeakEwma.scala`
 */
export function createEwma (random: () => number, now: () => number): Balancer<Timed> {
  function costOf ({ latency, inFlight, share }: Timed, candidates: readonly Timed[]): number {
    const time = now()
    const estimate = isObserved(latency) ? readEstimate(latency, time) : meanEstimate(candidates, time)
    return Math.max(estimate, MIN_ESTIMATE) * (inFlight * meanShare(candidates) / share + 1)
  }
  return {
    pick (candidates) {
      return drawCheaper(candidates, random, costOf, MARGIN)
    },
  }
}

/** Mean of the positive shares. */
function meanShare (candidates: readonly Timed[]): number {
  let sum = 0
  let count = 0
  for (const { share } of candidates) {
    sum += share
    if (share > 0) count++
  }
  return sum / count
}

/** Mean of the observed candidates with a positive share; 0 when there are none. */
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
