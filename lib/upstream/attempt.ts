import type { Duplex } from 'node:stream'
import { BadUpstreamResponseError, ClientClosedError, SlowClientError, UpstreamTimeoutError } from '../errors.ts'
import type { AnswerHead, HeaderRecord } from '../headers/response.ts'
import { readTrailers } from '../headers/trailers.ts'
import { isEventStream } from '../headers/event-stream.ts'
import { isMediaType } from '../headers/media-type.ts'
import type { RawText } from '../headers/raw-text.ts'
import { AnswerBody, type AnswerSource } from './answer-body.ts'
import { readAnswerHead, readSwitchHead, type SwitchHead } from './answer-head.ts'
import type { Deadlines } from './deadlines.ts'
import type { Exchange } from './exchange.ts'
import { toGatewayError } from './failure.ts'
import { judgeFailure } from './outcome.ts'
import { type Culprit, Patience } from './patience.ts'
import type { Place } from './place.ts'
import { RequestBody } from './request-body.ts'
import type { UnderWay } from './stop.ts'
import { StreamEnding } from './stream-ending.ts'
import { INTERIM_LIMIT, type TransportHandler } from './transport.ts'

/** The head of an answer, and its body: nothing, all of it at once, or a stream. */
export interface Answer extends AnswerHead {
  body: Buffer | AnswerBody | null
}

/** Whom an attempt tells: exactly one of the first three, and `ended`, once each. An answer that is whole has ended already. */
export interface AttemptListener {
  answered (answer: Answer): void
  /**
   * The upstream has switched to another protocol.
   * @param socket - the connection, from the first byte behind the head; the place at the upstream is held until it closes
   */
  switched (head: SwitchHead, socket: Duplex): void
  failed (error: Error): void
  /** @param error - what broke it off; `null` when it ran to its end */
  ended (error: Error | null): void
}

/** Largest body that is handed on in one piece. */
const WHOLE_BODY_LIMIT = 64 * 1024
const WITHOUT_BODY = new Set([204, 304])

/**
 * One try of an exchange with one upstream: the receiver of its transport's events. A small answer that came in one read is
 * handed on whole, everything else as a stream, as soon as its head is here.
 */
export class Attempt implements TransportHandler, AnswerSource, UnderWay {
  readonly #exchange: Exchange
  readonly #place: Place
  readonly #deadlines: Deadlines<UnderWay>
  readonly #now: () => number
  readonly #listener: AttemptListener
  /** It has run out of a time of which its upstream had little. */
  isBlameless = false
  #cancel: ((error?: Error) => void) | undefined
  #continue: (() => void) | undefined
  readonly #patience: Patience
  #error: Error | null = null
  #isComplete = false
  #hasEnded = false
  #head: AnswerHead | undefined
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
  #trailers: HeaderRecord | null = null
  #interims = 0

  constructor (exchange: Exchange, place: Place, deadlines: Deadlines<UnderWay>, now: () => number, listener: AttemptListener) {
    this.#exchange = exchange
    this.#place = place
    this.#deadlines = deadlines
    this.#now = now
    this.#listener = listener
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

  /** Whether its answer is an event stream. */
  get isStream (): boolean {
    return this.#isStream
  }

  /** Whether it is still going on, for the exchange. */
  get isUnderWay (): boolean {
    return !this.#hasEnded
  }

  /** Milliseconds from the start to the head of the answer; until now when there is none. */
  get latency (): number {
    return this.#head === undefined ? this.#now() - this.#patience.startedAt : this.#latency
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
    if (this.#head === undefined) this.#patience.expect(this.#exchange.location.timeouts.headers)
  }

  onHeaders (statusCode: number, rawHeaders: readonly RawText[], resume: () => void, statusText: string): boolean {
    const { name, timeouts } = this.#exchange.location
    const head = readAnswerHead(statusCode, rawHeaders, statusText, name)
    if (statusCode < 200) return this.#passInterim(head)
    this.#latency = this.#now() - this.#patience.startedAt
    this.#head = head
    this.#continue = resume
    this.#isStream = isEventStream(head.headers)
    if (this.#isStream && head.headers['content-encoding'] === undefined) this.#streamEnding = new StreamEnding()
    this.#bodyTimeout = this.#isStream ? timeouts.stream : timeouts.body
    this.#patience.endUpload()
    this.#patience.expect(this.#bodyTimeout)
    // It is whole. undici would not think so of a 304 that says how long another answer would be (RFC 9110, 8.6).
    if (this.#isBodiless()) this.#end(null)
    // The rest of this read is parsed before a microtask runs: then it is known whether the body is already here.
    queueMicrotask(() => this.#handOn())
    return true
  }

  /** 102 says that the upstream is at work, so that it has its time anew (RFC 2518, 10.1). Hints say nothing of that. */
  #passInterim (head: AnswerHead): boolean {
    if (++this.#interims > INTERIM_LIMIT) throw new BadUpstreamResponseError(this.#exchange.location.name)
    if (head.statusCode === 102) this.#patience.expect(this.#exchange.location.timeouts.headers)
    this.#exchange.onInterim?.(head)
    return true
  }

  onUpgrade (statusCode: number, rawHeaders: readonly RawText[], socket: Duplex): void {
    const { request: { upgrade }, location: { name } } = this.#exchange
    const head = readSwitchHead(statusCode, rawHeaders, upgrade)
    if (head === undefined) {
      socket.destroy()
      this.onError(new BadUpstreamResponseError(name))
      return
    }
    this.#latency = this.#now() - this.#patience.startedAt
    this.#head = head
    this.#end(null)
    this.#listener.switched(head, socket)
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

  onComplete (rawTrailers: readonly RawText[] | null): void {
    this.#place.release()
    this.#isComplete = true
    if (this.#exchange.takesTrailers) this.#trailers = readTrailers(rawTrailers)
    this.#end(null)
    this.#finishBody()
  }

  #finishBody (): void {
    if (this.#body === undefined) return
    this.#body.trailers = this.#trailers
    this.#body.push(null)
  }

  onError (error: Error): void {
    this.#place.release()
    if (this.#hasEnded) return this.#learnLate(error)
    this.#error ??= error
    this.#fail(this.#error)
  }

  /** It was given up before it had a connection: now it is known what became of that. */
  #learnLate (error: Error): void {
    if (!this.wasSent) this.#place.report(judgeFailure(toGatewayError(error, this.#exchange.location.name)))
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

  /**
   * Stops it, whatever it is doing: the connection to the upstream is closed. Before it has one it cannot be taken back
   * from undici; onConnect refuses it when its turn comes, and until then it keeps its place.
   */
  abort (error?: Error | null): void {
    if (this.#hasEnded) return
    this.#error = error ?? new ClientClosedError()
    this.#cancel?.(this.#error)
    this.#fail(this.#error)
  }

  #fail (error: Error): void {
    if (this.#hasEnded) return
    this.#end(error)
    if (this.#body !== undefined) this.#body.destroy(toGatewayError(error, this.#exchange.location.name))
    else this.#listener.failed(error)
  }

  expire (now: number): void {
    const culprit = this.#patience.look(now)
    if (culprit === undefined) return
    this.isBlameless = culprit === 'exchange'
    this.abort(describeDelay(culprit, this.#exchange.location.name))
  }

  #handOn (): void {
    if (this.#error !== null) return
    this.#listener.answered({ ...this.#head!, body: this.#takeBody() })
    if (this.#isStreamUnwanted) this.endStream()
    // An answer without a body has ended for everybody but an upstream that does not say so: its connection is given up.
    if (!this.#isComplete && this.#isBodiless()) this.#cancel?.(new ClientClosedError())
  }

  #takeBody (): Answer['body'] {
    if (this.#isBodiless()) return null
    if (this.#isWhole()) return this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks)
    this.#body = new AnswerBody(this)
    for (const chunk of this.#chunks) this.#body.push(chunk)
    this.#body.isEmpty = this.#isComplete && this.#length === 0 && this.#trailers === null
    if (this.#isComplete) this.#finishBody()
    this.#chunks = []
    return this.#body
  }

  #isBodiless (): boolean {
    return this.#exchange.request.method === 'HEAD' || WITHOUT_BODY.has(this.#head!.statusCode)
  }

  /** An event stream is one to its end, and trailers need something that they can come behind. Without a proper content type, too: Fastify would give a Buffer one. */
  #isWhole (): boolean {
    const { 'content-length': length, 'content-type': type } = this.#head!.headers
    return this.#isComplete && !this.#isStream && this.#trailers === null && this.#length <= WHOLE_BODY_LIMIT && length !== undefined && typeof type === 'string' && isMediaType(type)
  }

  #end (error: Error | null): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#deadlines.delete(this)
    this.#listener.ended(error)
  }
}

function describeDelay (culprit: Culprit, app: string): Error {
  if (culprit === 'upstream' || culprit === 'exchange') return new UpstreamTimeoutError(app)
  return new SlowClientError(culprit === 'sender' ? 'its body does not arrive' : 'it does not read its answer')
}
