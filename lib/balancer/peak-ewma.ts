/** How fast an upstream answers: a moving average that follows a rise at once and a fall slowly. */
export interface PeakEwma {
  /** Milliseconds, at `observedAt`. */
  estimate: number
  /** Milliseconds on the clock that `now` reads; `-Infinity` before the first observation. */
  observedAt: number
}

/** Milliseconds in which an observation loses 63 % of its influence. */
export const DECAY_TIME = 10_000

/**
 * Milliseconds that a failure counts for at least. An upstream that fails fast would otherwise look like the fastest
 * and draw the traffic of all others; against one that answers in 10 ms it is left alone for about 45 s.
 */
export const FAILURE_LATENCY = 1000

/** That of an upstream that has not been observed. */
export function createPeakEwma (): PeakEwma {
  return { estimate: 0, observedAt: -Infinity }
}

export function isObserved (latency: PeakEwma): boolean {
  return latency.observedAt !== -Infinity
}

/**
 * Takes an answer into account; changes `latency`.
 * @param elapsed - milliseconds that it took
 * @param isFailure - it is a 5xx, or there was none
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
 * What is to be expected now: without news an estimate fades away, so that who was slow is tried again.
 * @returns milliseconds; 0 when nothing has been observed
 */
export function readEstimate (latency: PeakEwma, now: number): number {
  return latency.estimate * decayOf(latency, now)
}

/** What is left of it, from 1 to 0; a clock that was set back takes nothing away. */
function decayOf ({ observedAt }: PeakEwma, now: number): number {
  return Math.exp(-Math.max(now - observedAt, 0) / DECAY_TIME)
}
