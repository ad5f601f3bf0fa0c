import type { OutlierRule } from '../location.ts'

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
