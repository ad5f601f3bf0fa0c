import type { Deadlines, Watched } from '../collections/deadlines.ts'
import { ClientClosedError } from '../errors.ts'
import { NOT_IN_SET } from '../collections/indexed-set.ts'
import type { Abortable } from './exchange.ts'

/** The step that an exchange is in: an attempt, a tunnel, or a wait. */
export interface ExchangeStep extends Watched, Abortable {
  /** The gateway shuts down: an event stream or a tunnel ends at its next event or frame boundary. */
  endStream (): void
}

/** A wait of an exchange: for capacity at an upstream, or for its next retry. */
export class Wait implements ExchangeStep {
  readonly deadline: number
  setIndex = NOT_IN_SET
  readonly #deadlines: Deadlines<ExchangeStep>
  readonly #onExpire: () => void
  readonly #onAbort: (error: Error) => void

  /**
   * @param deadline - in milliseconds of the clock of `deadlines`; `Infinity` is never
   * @param onExpire - called at the deadline
   * @param onAbort - called instead when the wait is aborted
   */
  constructor (
    deadline: number, deadlines: Deadlines<ExchangeStep>, onExpire: () => void, onAbort: (error: Error) => void
  ) {
    this.deadline = deadline
    this.#deadlines = deadlines
    this.#onExpire = onExpire
    this.#onAbort = onAbort
    deadlines.add(this)
  }

  /** Ends the wait without a callback: the exchange goes on. */
  finish (): void {
    this.#deadlines.delete(this)
  }

  expire (): void {
    this.finish()
    this.#onExpire()
  }

  /** Nothing has been sent to the client yet. */
  endStream (): void {}

  abort (error: Error = new ClientClosedError()): void {
    this.finish()
    this.#onAbort(error)
  }
}
