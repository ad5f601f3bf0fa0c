import type { HealthCheckRule } from '../location.ts'

/** `unknown` before the first probe has ended. */
export type ProbeStatus = 'unknown' | 'up' | 'down'

/**
 * Active health of one address. The first probe decides at once; after that it takes `fall` consecutive failures to go
 * down and `rise` consecutive passes to come up.
 * @see HAProxy, `rise` and `fall` of a server
 */
export class ProbeState {
  readonly #rule: HealthCheckRule
  #status: ProbeStatus
  /** Consecutive results that contradict the status. */
  #contradicting = 0

  /** @param status - where it is known from elsewhere */
  constructor (rule: HealthCheckRule, status: ProbeStatus = 'unknown') {
    this.#rule = rule
    this.#status = status
  }

  get status (): ProbeStatus {
    return this.#status
  }

  /** Whether the address must not be used; an unknown one may be. */
  get isDown (): boolean {
    return this.#status === 'down'
  }

  /** @returns the new status when it has changed for users of the address, which take `unknown` for `up` */
  record (hasPassed: boolean): 'up' | 'down' | undefined {
    const result = hasPassed ? 'up' : 'down'
    if (this.#status === 'unknown') return this.adopt(result)
    this.#contradicting = result === this.#status ? 0 : this.#contradicting + 1
    return this.#contradicting < (hasPassed ? this.#rule.rise : this.#rule.fall) ? undefined : this.adopt(result)
  }

  /** Sets a status that was decided elsewhere. @returns as `record()` */
  adopt (status: 'up' | 'down'): 'up' | 'down' | undefined {
    const wasDown = this.isDown
    this.#contradicting = 0
    this.#status = status
    return this.isDown === wasDown ? undefined : status
  }

  /**
   * Milliseconds until the next probe; up to a tenth more or less, so that the probes of many gateways spread out.
   * @param random - from 0 to below 1
   */
  nextDelay (random: () => number): number {
    const interval = this.isDown ? this.#rule.unhealthyInterval : this.#rule.interval
    return interval * (0.9 + 0.2 * random())
  }
}
