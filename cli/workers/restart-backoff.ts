const FIRST_DELAY = 100
const LONGEST_DELAY = 10_000

/** A worker that has lived for so long was well: what ended it is not what ended the one before. Milliseconds. */
const WELL_AFTER = 30_000

/** How long to wait before a worker that has died is replaced: what dies at once, again and again, must not eat up the machine. */
export class Backoff {
  #delay = FIRST_DELAY

  /**
   * @param lifetime - milliseconds that the one before has lived
   * @returns milliseconds; each time twice as many
   */
  next (lifetime: number): number {
    if (lifetime >= WELL_AFTER) this.#delay = FIRST_DELAY
    const delay = this.#delay
    this.#delay = Math.min(delay * 2, LONGEST_DELAY)
    return delay
  }
}
