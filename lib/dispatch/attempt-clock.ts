import type { Timeouts } from '../location.ts'
import type { RequestBody } from './request-body.ts'
import { UploadMonitor } from './upload-monitor.ts'

/**
 * Why an attempt has timed out:
 * - `upstream`: the upstream is late
 * - `sender`: the client does not send its body
 * - `reader`: the client does not read the response
 * - `exchange`: the time of the whole exchange is up, and the upstream is not to blame for that
 */
export type TimeoutCause = 'upstream' | 'sender' | 'reader' | 'exchange'

/**
 * How many times as long a reader may take as an upstream: the kernel reports that it has read only when a third of the
 * buffer is free, which takes a slow line its time.
 */
export const READER_WINDOWS = 3

/**
 * The times of an attempt: how long it has taken, how long it may take, and which side it waits for. A slow client is
 * not its upstream's fault.
 */
export class AttemptClock {
  /** When to check next, in the clock's milliseconds. */
  deadline: number
  readonly #timeouts: Timeouts
  readonly #endsAt: number
  readonly #now: () => number
  readonly #startedAt: number
  /** Known with the head of the response. */
  #latency: number | undefined
  /** For the next part of the response. */
  #bodyTimeout = 0
  /** When the next event must have come. */
  #expectedBy = Infinity
  #isReaderSlow = false
  #upload: UploadMonitor | null = null

  /** @param endsAt - when the exchange must be over, whichever side is slow */
  constructor (timeouts: Timeouts, endsAt: number, now: () => number) {
    this.#timeouts = timeouts
    this.#endsAt = endsAt
    this.#now = now
    this.#startedAt = now()
    this.deadline = endsAt
  }

  /** Milliseconds from the start to the head of the response; to now when there is none. */
  get latency (): number {
    return this.#latency ?? this.#now() - this.#startedAt
  }

  /** The request has a streamed body: the attempt may wait for the client, too. */
  watchUpload (body: RequestBody): void {
    this.#upload = new UploadMonitor(body, this.#timeouts.body, this.#now())
  }

  /** The upstream has its whole time for the head, from now on. */
  awaitHead (): void {
    this.#start(this.#timeouts.headers, this.#now())
  }

  /**
   * The head has come. An upload may go on beside the response, whose own times count from now on.
   * @param isEventStream - `timeouts.stream` holds for its body, not `timeouts.body`
   */
  receiveHead (isEventStream: boolean): void {
    const now = this.#now()
    this.#latency = now - this.#startedAt
    this.#bodyTimeout = isEventStream ? this.#timeouts.stream : this.#timeouts.body
    this.#upload = null
    this.#start(this.#bodyTimeout, now)
  }

  /** The upstream has its whole time for the next part of the body, from now on. */
  awaitBody (): void {
    this.#isReaderSlow = false
    this.#start(this.#bodyTimeout, this.#now())
  }

  /** The client has to read first. */
  awaitReader (): void {
    this.#isReaderSlow = true
    this.#start(this.#timeouts.body * READER_WINDOWS, this.#now())
  }

  /** To be called at the deadline. @returns why the attempt has timed out; `undefined` when it has a new deadline */
  check (now: number): TimeoutCause | undefined {
    if (this.#upload?.isComplete === true) this.#upload = null
    const upload = this.#upload?.check(now) ?? 'upstream'
    if (now >= this.#endsAt) return this.#isUpstreamLate(upload === 'upstream', now) ? 'upstream' : 'exchange'
    if (upload === 'client-stalled') return 'sender'
    // An upstream cannot respond before it has the request.
    if (upload === 'client') this.#start(this.#timeouts.headers, now)
    else if (now >= this.#expectedBy) return this.#isReaderSlow ? 'reader' : 'upstream'
    else this.#setDeadline()
    return undefined
  }

  /** Whether the exchange waits for its upstream, and this attempt, not what was before it, took most of its time. */
  #isUpstreamLate (hasRequest: boolean, now: number): boolean {
    return hasRequest && !this.#isReaderSlow && now - this.#startedAt >= this.#timeouts.request / 2
  }

  /** @param timeout - milliseconds from now; 0 is no limit but the exchange's own */
  #start (timeout: number, now: number): void {
    this.#expectedBy = timeout === 0 ? Infinity : now + timeout
    this.#setDeadline()
  }

  #setDeadline (): void {
    this.deadline = Math.min(this.#expectedBy, this.#endsAt, this.#upload?.deadline ?? Infinity)
  }
}
