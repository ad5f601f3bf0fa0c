import type { OutlierRule } from '../location.ts'

/**
 * Consecutive failures of one upstream, in two kinds that are counted apart: responses with an error status, and
 * requests without a response.
 * @see Envoy, `split_external_local_origin_errors`
 */
export class FailureStreak {
  readonly #rule: OutlierRule
  #errorStatuses = 0
  #localErrors = 0

  constructor (rule: OutlierRule) {
    this.#rule = rule
  }

  /** Whether one of the kinds has reached its threshold. */
  get isOutlier (): boolean {
    const { consecutive5xx, consecutiveLocalErrors } = this.#rule
    return hasReached(this.#errorStatuses, consecutive5xx) || hasReached(this.#localErrors, consecutiveLocalErrors)
  }

  /** Any response shows that the connection works; a lost connection says nothing about the responses. */
  count (result: 'success' | 'error-status' | 'local-error'): void {
    this.#localErrors = result === 'local-error' ? this.#localErrors + 1 : 0
    if (result === 'success') this.#errorStatuses = 0
    if (result === 'error-status') this.#errorStatuses++
  }

  reset (): void {
    this.#errorStatuses = 0
    this.#localErrors = 0
  }
}

/** @param threshold - 0 is never reached */
function hasReached (count: number, threshold: number): boolean {
  return threshold > 0 && count >= threshold
}

/**
 * How long an upstream is ejected: `baseEjectionTime` times the number of its ejections, at most `maxEjectionTime`. The
 * number decreases again while the upstream does well.
 * @see Envoy, "Outlier detection", ejection time
 */
export class EjectionBackoff {
  readonly #rule: OutlierRule
  #ejections = 0

  constructor (rule: OutlierRule) {
    this.#rule = rule
  }

  /**
   * One ejection less for every base time in rotation.
   * @param elapsed - milliseconds since the last ejection ended
   */
  decay (elapsed: number): void {
    const steps = Math.floor(elapsed / Math.max(1, this.#rule.baseEjectionTime))
    this.#ejections = Math.max(0, this.#ejections - steps)
  }

  /**
   * Counts one more ejection.
   * @param random - from 0 to below 1
   * @returns its length in milliseconds: up to a tenth less than the rule says, so that upstreams that failed together
   *   do not return together, and the maximum holds
   */
  next (random: () => number): number {
    const { baseEjectionTime, maxEjectionTime } = this.#rule
    // Not counted beyond the maximum time, or it would take hours to decay after a day's outage.
    if (this.#ejections * baseEjectionTime < maxEjectionTime) this.#ejections++
    const time = Math.min(this.#ejections * baseEjectionTime, maxEjectionTime)
    return time * (0.9 + 0.1 * random())
  }
}

/**
 * Whether a pool can spare one more upstream: never more than the percentage, and never its only one. So in a small
 * pool a small percentage spares none, where Envoy would always spare one.
 * @param ejected - number of ejected upstreams, those that are being probed included
 * @param total - number of upstreams with a weight above 0
 * @param maxEjectionPercent - 0 to 100
 * @see Envoy, `max_ejection_percent`
 */
export function mayEject (ejected: number, total: number, maxEjectionPercent: number): boolean {
  return total > 1 && (ejected + 1) * 100 <= total * maxEjectionPercent
}

/**
 * Whether so few upstreams are left that health is ignored: under the load of all, these few would do worse than all of
 * them together, the failing ones included.
 * @param healthy - number of upstreams that are neither down nor ejected
 * @param total - number of upstreams with a weight above 0
 * @param panicThreshold - percentage of healthy upstreams below which it is a panic; 0 is never
 * @see Envoy, "Panic threshold"
 */
export function isPanicking (healthy: number, total: number, panicThreshold: number): boolean {
  return healthy * 100 < total * panicThreshold
}
