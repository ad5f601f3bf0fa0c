import type { RequestBody } from './request-body.ts'

/** What a client has to move in every window, in bytes: little enough for the slowest line, too much for a trickle. */
export const MIN_BYTES = 64

/**
 * Minimum data rate of a client: one that stalls or trickles its upload would hold an upstream connection for ever.
 * It is checked now and then, not at every byte, and a stall is found at the latest one and a quarter windows after
 * the last bytes that counted. While the gateway itself does not read, a client cannot send: begin anew after that.
 * @see Kestrel, `MinRequestBodyDataRate`; nginx, `client_body_timeout`, which a byte a minute satisfies
 */
export class MinimumRate {
  /** When to check next, in the clock's milliseconds; `Infinity` is never. */
  deadline = Infinity
  readonly #window: number
  #windowStart: number
  /** Bytes that had moved when the window began. */
  #totalBefore: number

  /**
   * @param window - in which `MIN_BYTES` have to move, in milliseconds; 0 is no limit
   * @param now - milliseconds of a monotonic clock
   * @param total - bytes that have moved before
   */
  constructor (window: number, now: number, total = 0) {
    this.#window = window
    this.#totalBefore = total
    this.#windowStart = now
    this.#setDeadline(now)
  }

  /**
   * Checks, and begins a new window when enough has moved in this one.
   * @param total - bytes that have moved so far, in all
   * @param now - milliseconds of the same clock
   */
  isStalled (total: number, now: number): boolean {
    this.#setDeadline(now)
    if (total - this.#totalBefore < MIN_BYTES) return this.#window > 0 && now - this.#windowStart >= this.#window
    this.#totalBefore = total
    this.#windowStart = now
    return false
  }

  #setDeadline (now: number): void {
    if (this.#window > 0) this.deadline = now + this.#window / 4
  }
}

/** Which side an upload waits for, and whether it has waited for its client for too long. */
export type UploadState = 'client' | 'client-stalled' | 'upstream'

/** Watches an upload on its way to an upstream, and tells a slow client from a slow upstream. */
export class UploadMonitor {
  readonly #body: RequestBody
  readonly #window: number
  #rate: MinimumRate

  /**
   * @param window - milliseconds in which a client has to send `MIN_BYTES`; 0 is no limit
   * @param now - milliseconds
   */
  constructor (body: RequestBody, window: number, now: number) {
    this.#body = body
    this.#window = window
    this.#rate = new MinimumRate(window, now)
  }

  /** When to check next, in the clock's milliseconds. */
  get deadline (): number {
    return this.#rate.deadline
  }

  /** The upstream's connection has taken all of it. */
  get isComplete (): boolean {
    return this.#body.readableEnded
  }

  check (now: number): UploadState {
    if (this.#body.isStarved) return this.#rate.isStalled(this.#body.received, now) ? 'client-stalled' : 'client'
    // While the upstream does not read, a client cannot send.
    this.#rate = new MinimumRate(this.#window, now, this.#body.received)
    return 'upstream'
  }
}
