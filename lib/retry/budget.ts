import type { RetryRule } from '../configuration/types.ts'

/** How long requests and retries count, in milliseconds. */
const TIME_CONSTANT = 10_000
/** Shortest time between two decays, in milliseconds: what a balance may be out of date is a hundredth of the above. */
const STEP = 100
/** What a retry costs. A request brings `percent`, so that sums are whole numbers between two decays, and exact. */
const COST = 100

/**
 * What a location may spend on retries, so that they do not finish an app that is overloaded: `percent` of its requests
 * plus `minPerSecond`, over the last 10 s. A burst may spend the 10 s of `minPerSecond` at once, and gets them back as
 * the time passes. With both at 0 there are no retries.
 *
 * What counts fades with e^(-t/10 s) instead of leaving a window all at once, which takes two numbers instead of a
 * history. Deposits and retries fade alike, so their difference does, too, and is all that is kept.
 * @see Finagle, `RetryBudget`: the same rule on a window with buckets
 */
export class RetryBudget {
  readonly #percent: number
  readonly #reserve: number
  /** Deposits less retries, as they have faded by `#fadedAt`; down to `-#reserve`. */
  #balance = 0
  #fadedAt = -Infinity

  constructor ({ percent, minPerSecond }: RetryRule['budget']) {
    this.#percent = percent
    this.#reserve = minPerSecond * TIME_CONSTANT / 1000 * COST
  }

  /**
   * Counts a request; not its retries. An addition and a comparison, and ten times a second an exponential.
   * @param now - milliseconds of a monotonic clock
   */
  deposit (now: number): void {
    this.#fade(now)
    this.#balance += this.#percent
  }

  /**
   * Pays for a retry.
   * @param now - milliseconds of a monotonic clock
   * @returns whether there was enough; nothing is taken otherwise
   */
  withdraw (now: number): boolean {
    this.#fade(now)
    if (this.#balance + this.#reserve < COST) return false
    this.#balance -= COST
    return true
  }

  /** At a deposit as well: if only retries did it, the requests of the hours before one would count as new. */
  #fade (now: number): void {
    const elapsed = now - this.#fadedAt
    if (elapsed < STEP) return
    this.#balance *= Math.exp(-elapsed / TIME_CONSTANT)
    this.#fadedAt = now
  }
}
