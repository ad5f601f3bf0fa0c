/**
 * How many streams a client may reset on one HTTP/2 connection: a page that is left resets its requests, an attacker
 * sends requests in order to reset them (rapid reset, CVE-2023-44487). nghttp2 has a bound of its own, of 1000 and 33 a
 * second, but beyond it only stops reading, and a client that stays keeps the connection. So this one is smaller.
 */
const BURST = 800
/** A second. */
const RATE = 25

/** Counts them. A bucket of `BURST` that fills up again. */
export class ResetBudget {
  #left = BURST
  #since: number

  /** @param now - milliseconds of a monotonic clock */
  constructor (now: number) {
    this.#since = now
  }

  /**
   * Counts one more.
   * @param now - milliseconds of the same clock
   * @returns whether that was still in order
   */
  take (now: number): boolean {
    this.#left = Math.min(BURST, this.#left + (now - this.#since) * RATE / 1000) - 1
    this.#since = now
    return this.#left >= 0
  }
}
