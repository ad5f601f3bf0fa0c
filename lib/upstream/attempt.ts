import type { Dispatcher } from 'undici'
import { BadUpstreamResponseError, ClientClosedError, SlowClientError, UpstreamTimeoutError } from '../errors.ts'
import { type AnswerHead, hasUnknownCoding, type HeaderRecord, readResponseHeaders } from '../headers/response.ts'
import { isEventStream } from '../headers/event-stream.ts'
import { isMediaType } from '../headers/media-type.ts'
import { AnswerBody, type AnswerSource } from './answer-body.ts'
import type { Deadlines } from './deadlines.ts'
import type { Exchange } from './exchange.ts'
import { toGatewayError } from './failure.ts'
import { type Culprit, Patience } from './patience.ts'
import { RequestBody } from './request-body.ts'
import type { UnderWay } from './stop.ts'
import { StreamEnding } from './stream-ending.ts'

/** The head of an answer, and its body: nothing, all of it at once, or a stream. */
export interface Answer extends AnswerHead {
  body: Buffer | AnswerBody | null
}

/** How an attempt ended. */
export interface Ending {
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
  ended (ending: Ending): void
}

/** Largest body that is handed on in one piece. */
const WHOLE_BODY_LIMIT = 64 * 1024
const WITHOUT_BODY = new Set([204, 304])

/**
 * One try of an exchange with one upstream: the receiver of undici's events. A small answer that came in one read is
 * handed on whole, everything else as a stream, as soon as its head is here.
 */
export class Attempt implements Dispatcher.DispatchHandler, AnswerSource, UnderWay {
  readonly #exchange: Exchange
  readonly #deadlines: Deadlines<UnderWay>
  readonly #now: () => number
  readonly #listener: AttemptListener
  readonly #startedAt: number
  #cancel: ((error?: Error) => void) | undefined
  #continue: (() => void) | undefined
  readonly #patience: Patience
  #error: Error | null = null
  #isComplete = false
  #hasEnded = false
  #statusCode = 0
  #statusText = ''
  #headers: HeaderRecord = {}
  #latency = 0
  #bodyTimeout = 0
  #isStream = false
  /** Of an event stream whose events can be seen. */
  #streamEnding: StreamEnding | null = null
  #isStreamUnwanted = false
  // Until the answer is handed on its chunks wait here: those of one read.
  #chunks: Buffer[] = []
  #length = 0
  #body: AnswerBody | undefined

  constructor (exchange: Exchange, deadlines: Deadlines<UnderWay>, now: () => number, listener: AttemptListener) {
    this.#exchange = exchange
    this.#deadlines = deadlines
    this.#now = now
    this.#listener = listener
    this.#startedAt = now()
    this.#patience = new Patience(exchange.location.timeouts, exchange.endsAt, now)
    deadlines.add(this)
  }

  get deadline (): number {
    return this.#patience.deadline
  }

  /** Whether it had a connection: from then on bytes of it may have reached the upstream. */
  get wasSent (): boolean {
    return this.#cancel !== undefined
  }

  /** Milliseconds from the start to the head of the answer; until now when there is none. */
  get latency (): number {
    return this.#statusCode === 0 ? this.#now() - this.#startedAt : this.#latency
  }

  onConnect (cancel: (error?: Error) => void): void {
    if (this.#error !== null) {
      cancel(this.#error)
      return
    }
    this.#cancel = cancel
    const { request: { body }, location: { timeouts } } = this.#exchange
    if (body instanceof RequestBody) this.#patience.watchUpload(body)
    this.#patience.expect(timeouts.headers)
  }

  onBodySent (): void {
    if (this.#statusCode === 0) this.#patience.expect(this.#exchange.location.timeouts.headers)
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
    if (this.#isStream && this.#headers['content-encoding'] === undefined) this.#streamEnding = new StreamEnding()
    this.#bodyTimeout = this.#isStream ? timeouts.stream : timeouts.body
    this.#patience.endUpload()
    this.#patience.expect(this.#bodyTimeout)
    // It is whole. undici would not think so of a 304 that says how long another answer would be (RFC 9110, 8.6).
    if (this.#isBodiless()) this.#end(null)
    // The rest of this read is parsed before a microtask runs: then it is known whether the body is already here.
    queueMicrotask(() => this.#handOn())
    return true
  }

  onData (chunk: Buffer): boolean {
    this.#patience.expect(this.#bodyTimeout)
    const wantsMore = this.#pass(this.#streamEnding?.take(chunk) ?? chunk)
    if (this.#streamEnding?.isOver === true) this.#finishStream()
    return wantsMore
  }

  #pass (chunk: Buffer): boolean {
    if (this.#body === undefined) {
      this.#chunks.push(chunk)
      this.#length += chunk.length
      return true
    }
    if (this.#body.push(chunk)) return true
    this.#patience.awaitReader()
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
    this.#patience.expect(this.#bodyTimeout)
    this.#continue?.()
  }

  /** Ends an event stream, now or as soon as it is between two events. No other answer is touched. */
  endStream (): void {
    this.#isStreamUnwanted = true
    if (this.#streamEnding?.ask() === true) this.#finishStream()
  }

  /** For the client it is complete; the upstream is left. */
  #finishStream (): void {
    if (this.#hasEnded) return
    this.#isComplete = true
    this.#end(null)
    this.#body?.push(null)
    this.#cancel?.(new ClientClosedError())
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
    const culprit = this.#patience.look(now)
    if (culprit !== undefined) this.abort(describeDelay(culprit, this.#exchange.location.name))
  }

  #handOn (): void {
    if (this.#error !== null) return
    this.#listener.answered({
      statusCode: this.#statusCode,
      statusText: this.#statusText,
      headers: this.#headers,
      body: this.#takeBody(),
    })
    if (this.#isStreamUnwanted) this.endStream()
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
    this.#listener.ended({ statusCode: this.#statusCode, latency: this.latency, error })
  }
}

function describeDelay (culprit: Culprit, app: string): Error {
  if (culprit === 'upstream') return new UpstreamTimeoutError(app)
  return new SlowClientError(culprit === 'sender' ? 'its body does not arrive' : 'it does not read its answer')
}
