import type { RetryRule } from '../location.ts'

/** Time constant of the decay of requests and retries, in milliseconds. */
const TIME_CONSTANT = 10_000
/**
 * Shortest time between two decays, in milliseconds: a balance is out of date by at most a hundredth of
 * `TIME_CONSTANT`.
 */
const STEP = 100
/** Price of a retry. A request deposits `percent`, so sums between two decays are integers, and exact. */
const COST = 100

/**
 * Limits the retries of a location, so that they do not amplify the load of an app that is overloaded: `percent` of its
 * requests plus `minPerSecond`, over the last 10 s. A burst may spend the 10 s of `minPerSecond` at once, and they are
 * refilled as time passes. With both at 0 there are no retries.
 *
 * Requests and retries decay with e^(-t/10 s) instead of leaving a window all at once, which takes two numbers instead
 * of a history. Both decay alike, so their difference does, too, and is all that is stored.
 * @see Finagle, `RetryBudget`: the same rule on a window with buckets
 */
export class RetryBudget {
  readonly #percent: number
  readonly #reserve: number
  /** Deposits less withdrawals, decayed until `#decayedAt`; at least `-#reserve`. */
  #balance = 0
  #decayedAt = -Infinity

  constructor ({ percent, minPerSecond }: RetryRule['budget']) {
    this.#percent = percent
    this.#reserve = minPerSecond * TIME_CONSTANT / 1000 * COST
  }

  /**
   * Counts a request; not its retries. An addition and a comparison, and ten times a second an exponential.
   * @param now - milliseconds of a monotonic clock
   */
  deposit (now: number): void {
    this.#decay(now)
    this.#balance += this.#percent
  }

  /**
   * Pays for a retry.
   * @param now - milliseconds of a monotonic clock
   * @returns whether there was enough; nothing is taken otherwise
   */
  withdraw (now: number): boolean {
    this.#decay(now)
    if (this.#balance + this.#reserve < COST) return false
    this.#balance -= COST
    return true
  }

  /** Also at a deposit: decayed at withdrawals only, the requests of hours before one would count as new. */
  #decay (now: number): void {
    const elapsed = now - this.#decayedAt
    if (elapsed < STEP) return
    this.#balance *= Math.exp(-elapsed / TIME_CONSTANT)
    this.#decayedAt = now
  }
}
