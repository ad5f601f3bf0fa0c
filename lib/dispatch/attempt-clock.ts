import type { Timeouts } from '../location/types.ts'
import type { RequestBody } from './request-body.ts'
import { UploadWatch } from './upload-monitor.ts'

/**
 * Why an attempt is over: the upstream let it wait for too long, the client does not send its body (`sender`) or does not
 * read its answer (`reader`), or the time of the whole exchange is up, for which nobody is to blame (`exchange`).
 */
export type Culprit = 'upstream' | 'sender' | 'reader' | 'exchange'

/**
 * How many times as long a reader may take as an upstream: the kernel reports that it has read only when a third of the
 * buffer is free, which takes a slow line its time.
 */
export const READER_WINDOWS = 3

/** How long an attempt waits, and for whom. A client that is slow is not its upstream's fault. */
export class Patience {
  /** When to look next, in the clock's milliseconds. */
  deadline: number
  readonly #timeouts: Timeouts
  /** When the attempt began. */
  readonly startedAt: number
  readonly #endsAt: number
  readonly #now: () => number
  /** When the next thing must have happened. */
  #expectedBy = Infinity
  #isReaderSlow = false
  #upload: UploadWatch | null = null

  /** @param endsAt - when the exchange must be over, whoever is slow */
  constructor (timeouts: Timeouts, endsAt: number, now: () => number) {
    this.#timeouts = timeouts
    this.#endsAt = endsAt
    this.#now = now
    this.startedAt = now()
    this.deadline = endsAt
  }

  /**
   * It is the upstream's turn.
   * @param timeout - milliseconds from now; 0 is none but the exchange's own
   */
  expect (timeout: number): void {
    this.#isReaderSlow = false
    this.#arm(timeout)
  }

  /** It is the client's turn: it does not read. */
  awaitReader (): void {
    this.#isReaderSlow = true
    this.#arm(this.#timeouts.body * READER_WINDOWS)
  }

  /** The request is being sent: now it is the client's turn, now the upstream's. */
  watchUpload (body: RequestBody): void {
    this.#upload = new UploadWatch(body, this.#timeouts.body, this.#now())
  }

  /** An upload may go on below an answer, whose own times count then. */
  endUpload (): void {
    this.#upload = null
  }

  /** To be called at the deadline. @returns who is to blame when it is over; `undefined` when there is a new deadline */
  look (now: number): Culprit | undefined {
    if (this.#upload?.isOver === true) this.#upload = null
    const turn = this.#upload?.look(now) ?? 'upstream'
    if (now >= this.#endsAt) return turn === 'upstream' && !this.#isReaderSlow && this.#hadMostOf(now) ? 'upstream' : 'exchange'
    if (turn === 'client-stalls') return 'sender'
    // It cannot answer before it has the request.
    if (turn === 'client') this.#arm(this.#timeouts.headers)
    else if (now >= this.#expectedBy) return this.#isReaderSlow ? 'reader' : 'upstream'
    else this.#setDeadline()
    return undefined
  }

  /** Whether this attempt, and not what was before it, took most of the time of the exchange. */
  #hadMostOf (now: number): boolean {
    return now - this.startedAt >= this.#timeouts.request / 2
  }

  #arm (timeout: number): void {
    this.#expectedBy = timeout === 0 ? Infinity : this.#now() + timeout
    this.#setDeadline()
  }

  #setDeadline (): void {
    this.deadline = Math.min(this.#expectedBy, this.#endsAt, this.#upload?.deadline ?? Infinity)
  }
}
