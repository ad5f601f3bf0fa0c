import { ClientClosedError } from '../errors.ts'
import { NO_SLOT } from '../slots.ts'
import type { Deadlines, Watched } from '../collections/deadlines.ts'
import type { Abortable } from '../upstream/exchange.ts'

/** Something that is under way and can be stopped. */
export interface UnderWay extends Watched, Abortable {
  /** The gateway stops: what has no end of its own is to end, as soon as nothing is cut in two by that. */
  endStream (): void
}

/** Where an exchange waits: for a place at an upstream, or for the time of its next try. */
export class Stop implements UnderWay {
  readonly deadline: number
  slot = NO_SLOT
  readonly #deadlines: Deadlines<UnderWay>
  readonly #expired: () => void
  readonly #aborted: (error: Error) => void

  /**
   * @param deadline - in milliseconds of the clock of `deadlines`; `Infinity` is never
   * @param expired - called when that has passed
   * @param aborted - called instead when it is aborted
   */
  constructor (deadline: number, deadlines: Deadlines<UnderWay>, expired: () => void, aborted: (error: Error) => void) {
    this.deadline = deadline
    this.#deadlines = deadlines
    this.#expired = expired
    this.#aborted = aborted
    deadlines.add(this)
  }

  /** It goes on, and nobody is told. */
  leave (): void {
    this.#deadlines.delete(this)
  }

  expire (): void {
    this.leave()
    this.#expired()
  }

  /** Nothing is sent to the client yet. */
  endStream (): void {}

  abort (error: Error = new ClientClosedError()): void {
    this.leave()
    this.#aborted(error)
  }
}
