import { Pace } from './minimum-rate.ts'
import type { RequestBody } from './request-body.ts'

/** Whose turn it is in an upload, and whether a client has had it for too long. */
export type UploadTurn = 'client' | 'client-stalls' | 'upstream'

/** Watches an upload on its way to an upstream: who is slow is told apart by who waits for whom. */
export class UploadWatch {
  readonly #body: RequestBody
  readonly #window: number
  #pace: Pace

  /**
   * @param window - milliseconds in which a client has to move, see `Pace`; 0 is for ever
   * @param now - milliseconds
   */
  constructor (body: RequestBody, window: number, now: number) {
    this.#body = body
    this.#window = window
    this.#pace = new Pace(window, now)
  }

  /** When to look next. */
  get deadline (): number {
    return this.#pace.deadline
  }

  get isOver (): boolean {
    return this.#body.readableEnded
  }

  look (now: number): UploadTurn {
    if (this.#body.isStarved) return this.#pace.isStalled(this.#body.received, now) ? 'client-stalls' : 'client'
    // While nobody reads it, a client cannot move.
    this.#pace = new Pace(this.#window, now, this.#body.received)
    return 'upstream'
  }
}
