/** Latency of an upstream: a moving average that follows a rise at once and a fall slowly. */
export interface PeakEwma {
  /** Milliseconds, at `observedAt`. */
  estimate: number
  /** Milliseconds on the clock of `now`; `-Infinity` before the first observation. */
  observedAt: number
}

/** Milliseconds in which an observation loses 63 % of its influence. */
export const DECAY_TIME = 10_000

/**
 * Minimum latency of a failure, in milliseconds. An upstream that fails fast would otherwise look like the fastest and
 * attract the traffic of all others; next to one that answers in 10 ms it gets little for about 45 s.
 */
export const FAILURE_LATENCY = 1000

/** Without observations. */
export function createPeakEwma (): PeakEwma {
  return { estimate: 0, observedAt: -Infinity }
}

export function isObserved (latency: PeakEwma): boolean {
  return latency.observedAt !== -Infinity
}

/**
 * Adds the latency of a response to `latency`, in place.
 * @param elapsed - milliseconds from the request to the response head
 * @param isFailure - the response is a 5xx, or there was none
 * @param now - milliseconds
 * @see Twitter Finagle, `loadbalancer/PeakEwma.scala`
 */
export function observe (latency: PeakEwma, elapsed: number, isFailure: boolean, now: number): void {
  const observed = isFailure ? Math.max(elapsed, FAILURE_LATENCY) : elapsed
  const kept = decayOf(latency, now)
  latency.estimate = observed > latency.estimate ? observed : latency.estimate * kept + observed * (1 - kept)
  latency.observedAt = now
}

/**
 * The expected latency now: without observations an estimate decays, so that an upstream that was slow is tried again.
 * @returns milliseconds; 0 when nothing has been observed
 */
export function readEstimate (latency: PeakEwma, now: number): number {
  return latency.estimate * decayOf(latency, now)
}

/** The part of an estimate that is left, from 1 to 0; a clock that was set back does not make it grow. */
function decayOf ({ observedAt }: PeakEwma, now: number): number {
  return Math.exp(-Math.max(now - observedAt, 0) / DECAY_TIME)
}
