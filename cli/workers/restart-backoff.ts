const FIRST_DELAY = 100
const MAX_DELAY = 10_000

/** A worker that has run for so many milliseconds was well, so its exit has another cause than the one before. */
const STABLE_AFTER = 30_000

/** Delays between restarts of a worker, so that one that exits at once, again and again, does not load the machine. */
export class RestartBackoff {
  #delay = FIRST_DELAY

  /**
   * @param lifetime - milliseconds that the last worker has run
   * @returns milliseconds until the restart; doubles every time, up to `MAX_DELAY`
   */
  next (lifetime: number): number {
    if (lifetime >= STABLE_AFTER) this.#delay = FIRST_DELAY
    const delay = this.#delay
    this.#delay = Math.min(delay * 2, MAX_DELAY)
    return delay
  }
}
