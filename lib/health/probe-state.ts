import type { HealthCheckRule } from '../configuration/types.ts'

/** `unknown` until the first answer. */
export type ProbeStatus = 'unknown' | 'up' | 'down'

/**
 * What the active probes of one address say. The first answer decides at once; after that it takes `fall` failures in
 * a row to go down and `rise` passes in a row to come up.
 * @see HAProxy, `rise` and `fall` of a server
 */
export class ProbeState {
  readonly #rule: HealthCheckRule
  #status: ProbeStatus
  /** Answers in a row that contradict the status. */
  #contrary = 0

  /** @param status - what is known already */
  constructor (rule: HealthCheckRule, status: ProbeStatus = 'unknown') {
    this.#rule = rule
    this.#status = status
  }

  get status (): ProbeStatus {
    return this.#status
  }

  /** Whether it must not be used; who is unknown may be. */
  get isDown (): boolean {
    return this.#status === 'down'
  }

  /** @returns what it has become for its users, who took `unknown` for `up` */
  record (passed: boolean): 'up' | 'down' | undefined {
    const answer = passed ? 'up' : 'down'
    if (this.#status === 'unknown') return this.adopt(answer)
    this.#contrary = answer === this.#status ? 0 : this.#contrary + 1
    return this.#contrary < (passed ? this.#rule.rise : this.#rule.fall) ? undefined : this.adopt(answer)
  }

  /** Takes over what somebody else has decided. @returns as `record()` */
  adopt (status: 'up' | 'down'): 'up' | 'down' | undefined {
    const wasDown = this.isDown
    this.#contrary = 0
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
