import type { HealthCheckRule, UpstreamTarget } from '../location.ts'

/**
 * Sends the request of a probe: `sendProbe` of `lib/transport/probe.ts`.
 * @param onStatus - gets the status of the response, or `null` when there is none; may be called more than once
 * @returns cancels it
 */
export type SendProbe = (
  target: UpstreamTarget,
  rule: HealthCheckRule,
  onStatus: (statusCode: number | null) => void
) => () => void

/** One probe of an active health check: passes when an expected status comes in time. */
export class Probe {
  readonly #cancel: () => void
  readonly #timer: NodeJS.Timeout
  readonly #onResult: (hasPassed: boolean) => void
  #isFinished = false

  /** @param onResult - called once, unless the probe is stopped before */
  constructor (target: UpstreamTarget, rule: HealthCheckRule, send: SendProbe, onResult: (hasPassed: boolean) => void) {
    this.#onResult = onResult
    const [first, last] = rule.expectedStatus
    this.#cancel = send(target, rule, statusCode => {
      this.#finish(statusCode !== null && statusCode >= first && statusCode <= last)
    })
    this.#timer = setTimeout(() => this.#finish(false), rule.timeout).unref()
  }

  /** Ends it without a result. */
  stop (): void {
    this.#isFinished = true
    clearTimeout(this.#timer)
    // Also when a response has come: its body is not read, however long it is.
    this.#cancel()
  }

  #finish (hasPassed: boolean): void {
    if (this.#isFinished) return
    this.stop()
    this.#onResult(hasPassed)
  }
}
