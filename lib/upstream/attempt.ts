import type { Dispatcher } from 'undici'
import { BadUpstreamResponseError, ClientClosedError, UpstreamTimeoutError } from '../errors.ts'
import { type AnswerHead, hasUnknownCoding, type HeaderRecord, readResponseHeaders } from '../headers/response.ts'
import { isEventStream } from '../headers/event-stream.ts'
import { isMediaType } from '../headers/media-type.ts'
import { AnswerBody, type AnswerSource } from './answer-body.ts'
import type { Deadlines, Watched } from './deadlines.ts'
import type { Abortable, Exchange } from './exchange.ts'
import { toGatewayError } from './failure.ts'
import { RequestBody } from './request-body.ts'

/** The head of an answer, and its body: nothing, all of it at once, or a stream. */
export interface Answer extends AnswerHead {
  body: Buffer | AnswerBody | null
}

/** How an attempt ended, for health and balancing. */
export interface Outcome {
  /** Of the answer; 0 when there was none. */
  statusCode: number
  /** Milliseconds from sending to the head of the answer; to the end when there was none. */
  latency: number
  /** What broke it off; `null` when it ran to its end. */
  error: Error | null
}

/** Whom an attempt tells: exactly one of the first two, and `ended`, once each. An answer that is whole has ended already. */
export interface AttemptListener {
  answered (answer: Answer): void
  failed (error: Error): void
  ended (outcome: Outcome): void
}

/** Largest body that is handed on in one piece. */
const WHOLE_BODY_LIMIT = 64 * 1024
const WITHOUT_BODY = new Set([204, 304])

/**
 * One try of an exchange with one upstream: the receiver of undici's events. A small answer that came in one read is
 * handed on whole, everything else as a stream, as soon as its head is here.
 */
export class Attempt implements Dispatcher.DispatchHandler, Watched, AnswerSource, Abortable {
  deadline = Infinity
  readonly #exchange: Exchange
  readonly #deadlines: Deadlines<Attempt>
  readonly #now: () => number
  readonly #listener: AttemptListener
  readonly #startedAt: number
  #cancel: ((error?: Error) => void) | undefined
  #continue: (() => void) | undefined
  #error: Error | null = null
  #isComplete = false
  #hasEnded = false
  #statusCode = 0
  #statusText = ''
  #headers: HeaderRecord = {}
  #latency = 0
  #bodyTimeout = 0
  #isStream = false
  // Until the answer is handed on its chunks wait here: those of one read.
  #chunks: Buffer[] = []
  #length = 0
  #body: AnswerBody | undefined

  constructor (exchange: Exchange, deadlines: Deadlines<Attempt>, now: () => number, listener: AttemptListener) {
    this.#exchange = exchange
    this.#deadlines = deadlines
    this.#now = now
    this.#listener = listener
    this.#startedAt = now()
    this.deadline = exchange.endsAt
    deadlines.add(this)
  }

  onConnect (cancel: (error?: Error) => void): void {
    if (this.#error !== null) {
      cancel(this.#error)
      return
    }
    this.#cancel = cancel
    this.#arm(this.#exchange.location.timeouts.headers)
  }

  onBodySent (): void {
    // An upload may go on below an answer, whose own times count then.
    if (this.#statusCode === 0) this.#arm(this.#exchange.location.timeouts.headers)
  }

  onHeaders (statusCode: number, rawHeaders: Buffer[], resume: () => void, statusText: string): boolean {
    // Three digits are all that the parser asks for. Nobody asked for a switch of protocols.
    if (statusCode < 100 || statusCode === 101 || statusCode > 599) throw new BadUpstreamResponseError(this.#exchange.location.name)
    if (statusCode < 200) return true
    if (hasUnknownCoding(rawHeaders)) throw new BadUpstreamResponseError(this.#exchange.location.name)
    this.#latency = this.#now() - this.#startedAt
    this.#statusCode = statusCode
    this.#statusText = statusText
    this.#headers = readResponseHeaders(rawHeaders)
    // RFC 9110, 8.6: not beside a status that says that there is no content.
    if (statusCode === 204) delete this.#headers['content-length']
    this.#continue = resume
    const { timeouts } = this.#exchange.location
    this.#isStream = isEventStream(this.#headers)
    this.#bodyTimeout = this.#isStream ? timeouts.stream : timeouts.body
    this.#arm(this.#bodyTimeout)
    // It is whole. undici would not think so of a 304 that says how long another answer would be (RFC 9110, 8.6).
    if (this.#isBodiless()) this.#end(null)
    // The rest of this read is parsed before a microtask runs: then it is known whether the body is already here.
    queueMicrotask(() => this.#handOn())
    return true
  }

  onData (chunk: Buffer): boolean {
    this.#arm(this.#bodyTimeout)
    if (this.#body === undefined) {
      this.#chunks.push(chunk)
      this.#length += chunk.length
      return true
    }
    if (this.#body.push(chunk)) return true
    // It is the client who does not read: the upstream is not to blame.
    this.#arm(0)
    return false
  }

  onComplete (): void {
    this.#isComplete = true
    this.#end(null)
    this.#body?.push(null)
  }

  onError (error: Error): void {
    if (this.#hasEnded) return
    this.#error ??= error
    this.#end(this.#error)
    if (this.#body !== undefined) this.#body.destroy(toGatewayError(this.#error, this.#exchange.location.name))
    else this.#listener.failed(this.#error)
  }

  /** The client has read what there was. */
  resume (): void {
    if (this.#hasEnded) return
    this.#arm(this.#bodyTimeout)
    this.#continue?.()
  }

  /** Stops it, whatever it is doing: the connection to the upstream is closed. */
  abort (error?: Error | null): void {
    if (this.#hasEnded) return
    this.#error = error ?? new ClientClosedError()
    // Before it has a connection it cannot be taken back from undici; onConnect refuses it when its turn comes.
    this.#cancel?.(this.#error)
    this.onError(this.#error)
  }

  expire (now: number): void {
    if (now < this.#exchange.endsAt && this.#isWaitingForClient()) return this.#arm(this.#exchange.location.timeouts.headers)
    this.abort(new UpstreamTimeoutError(this.#exchange.location.name))
  }

  /** The upload has stalled, and so there is no answer: the server's own `requestTimeout` is what ends that. */
  #isWaitingForClient (): boolean {
    const { body } = this.#exchange.request
    return this.#statusCode === 0 && body instanceof RequestBody && body.isStarved && !body.readableEnded
  }

  /** @param timeout - milliseconds from now; 0 is none but the exchange's own */
  #arm (timeout: number): void {
    const { endsAt } = this.#exchange
    this.deadline = timeout === 0 ? endsAt : Math.min(this.#now() + timeout, endsAt)
  }

  #handOn (): void {
    if (this.#error !== null) return
    this.#listener.answered({
      statusCode: this.#statusCode,
      statusText: this.#statusText,
      headers: this.#headers,
      body: this.#takeBody(),
    })
  }

  #takeBody (): Answer['body'] {
    if (this.#isBodiless()) return null
    if (this.#isWhole()) return this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks)
    this.#body = new AnswerBody(this)
    for (const chunk of this.#chunks) this.#body.push(chunk)
    if (this.#isComplete) this.#body.push(null)
    this.#chunks = []
    return this.#body
  }

  #isBodiless (): boolean {
    return this.#exchange.request.method === 'HEAD' || WITHOUT_BODY.has(this.#statusCode)
  }

  /** An event stream is one to its end. Without a proper content type, too: Fastify would give a Buffer one. */
  #isWhole (): boolean {
    const { 'content-length': length, 'content-type': type } = this.#headers
    return this.#isComplete && !this.#isStream && this.#length <= WHOLE_BODY_LIMIT && length !== undefined && typeof type === 'string' && isMediaType(type)
  }

  #end (error: Error | null): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#deadlines.delete(this)
    const latency = this.#statusCode === 0 ? this.#now() - this.#startedAt : this.#latency
    this.#listener.ended({ statusCode: this.#statusCode, latency, error })
  }
}
