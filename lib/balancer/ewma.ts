import type { Balancer, Candidate, Latency } from './candidate.ts'
import { drawCheaper } from './random.ts'

/** Milliseconds in which an observation loses 63 % of its influence. */
export const DECAY_TIME = 10_000

/**
 * Minimum latency of a failure, in milliseconds. An upstream that fails fast would otherwise look like the fastest and
 * attract the traffic of all others; next to one that answers in 10 ms it gets little for about 45 s.
 */
export const FAILURE_LATENCY = 1000

/** Without observations. */
export function createLatency (): Latency {
  return { estimate: 0, observedAt: -Infinity }
}

export function isObserved (latency: Latency): boolean {
  return latency.observedAt !== -Infinity
}

/**
 * Adds the latency of a response to `latency`, in place.
 * @param elapsed - milliseconds from the request to the response head
 * @param isFailure - the response is a 5xx, or there was none
 * @param now - milliseconds
 * @see Twitter Finagle, `loadbalancer/PeakEwma.scala`
 */
export function observe (latency: Latency, elapsed: number, isFailure: boolean, now: number): void {
  const observed = isFailure ? Math.max(elapsed, FAILURE_LATENCY) : elapsed
  const kept = decayOf(latency, now)
  latency.estimate = observed > latency.estimate ? observed : latency.estimate * kept + observed * (1 - kept)
  latency.observedAt = now
}

/**
 * The expected latency now: without observations an estimate decays, so that an upstream that was slow is tried again.
 * @returns milliseconds; 0 when nothing has been observed
 */
export function readEstimate (latency: Latency, now: number): number {
  return latency.estimate * decayOf(latency, now)
}

/** The part of an estimate that is left, from 1 to 0; a clock that was set back does not make it grow. */
function decayOf ({ observedAt }: Latency, now: number): number {
  return Math.exp(-Math.max(now - observedAt, 0) / DECAY_TIME)
}

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
