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
