/** What a client has to move in every window, in bytes: little enough for the slowest line, too much for a trickle. */
export const MIN_BYTES = 64

/**
 * Whether a client is still moving: one that stalls or trickles its upload would hold an upstream connection for ever.
 * It is looked at now and then, not at every byte, and is seen to stall at the latest one and a quarter windows after
 * its last bytes that counted. While the gateway itself does not read, a client cannot move: begin anew behind that.
 * @see Kestrel, `MinRequestBodyDataRate`; nginx, `client_body_timeout`, which a byte a minute satisfies
 */
export class Pace {
  /** When to look next, in the clock's milliseconds; `Infinity` is never. */
  deadline = Infinity
  readonly #window: number
  #beganAt: number
  /** Bytes that had moved when the window began. */
  #totalBefore: number

  /**
   * @param window - in which `MIN_BYTES` have to move, in milliseconds; 0 is for ever
   * @param now - milliseconds of a monotonic clock
   * @param total - bytes that have moved before
   */
  constructor (window: number, now: number, total = 0) {
    this.#window = window
    this.#totalBefore = total
    this.#beganAt = now
    this.#lookAfter(now)
  }

  /**
   * Looks, and begins a new window when enough has moved in this one.
   * @param total - bytes that have moved so far, in all
   * @param now - milliseconds of the same clock
   */
  isStalled (total: number, now: number): boolean {
    this.#lookAfter(now)
    if (total - this.#totalBefore < MIN_BYTES) return this.#window > 0 && now - this.#beganAt >= this.#window
    this.#totalBefore = total
    this.#beganAt = now
    return false
  }

  #lookAfter (now: number): void {
    if (this.#window > 0) this.deadline = now + this.#window / 4
  }
}
