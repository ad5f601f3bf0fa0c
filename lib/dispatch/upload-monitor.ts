import { MinimumRate } from './minimum-rate.ts'
import type { RequestBody } from './request-body.ts'

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
