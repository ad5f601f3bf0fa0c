import type { Duplex } from 'node:stream'
import type { BodySource } from '../downstream/response-body.ts'
import { BadUpstreamResponseError, ClientClosedError, SlowClientError, UpstreamTimeoutError } from '../errors.ts'
import type { RawText } from '../headers/raw-text.ts'
import type { AnswerHead } from '../headers/response.ts'
import { readTrailers } from '../headers/trailers.ts'
import { NO_SLOT } from '../slots.ts'
import { type Answer, AnswerAssembly } from '../upstream/answer-assembly.ts'
import { readAnswerHead, readSwitchHead, type SwitchHead } from '../upstream/answer-head.ts'
import type { Deadlines } from '../collections/deadlines.ts'
import type { Exchange } from '../upstream/exchange.ts'
import { toGatewayError } from './failure.ts'
import { judgeFailure } from './outcome.ts'
import { type Culprit, Patience } from './attempt-clock.ts'
import type { Place } from '../pool/lease.ts'
import { RequestBody } from './request-body.ts'
import type { UnderWay } from './exchange-step.ts'
import { INTERIM_LIMIT, type TransportHandler } from '../transport/transport.ts'

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

/** One try of an exchange with one upstream: the receiver of its transport's events. */
export class Attempt implements TransportHandler, BodySource, UnderWay {
  readonly #exchange: Exchange
  readonly #place: Place
  readonly #deadlines: Deadlines<UnderWay>
  readonly #now: () => number
  readonly #listener: AttemptListener
  /** It has run out of a time of which its upstream had little. */
  isBlameless = false
  slot = NO_SLOT
  #cancel: ((error?: Error) => void) | undefined
  #continue: (() => void) | undefined
  readonly #patience: Patience
  #error: Error | null = null
  #hasEnded = false
  #answer: AnswerAssembly | undefined
  #isHandedOn = false
  /** Known with the head of its answer. */
  #latency: number | undefined
  #bodyTimeout = 0
  #isStreamUnwanted = false
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
    return this.#answer?.isStream === true
  }

  /** Whether it is still going on, for the exchange. */
  get isUnderWay (): boolean {
    return !this.#hasEnded
  }

  /** Milliseconds from the start to the head of the answer; until now when there is none. */
  get latency (): number {
    return this.#latency ?? this.#now() - this.#patience.startedAt
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
    if (this.#answer === undefined) this.#patience.expect(this.#exchange.location.timeouts.headers)
  }

  onHeaders (statusCode: number, rawHeaders: readonly RawText[], resume: () => void, statusText: string): boolean {
    const { request: { method }, location: { name, timeouts } } = this.#exchange
    const head = readAnswerHead(statusCode, rawHeaders, statusText, name)
    if (statusCode < 200) return this.#passInterim(head)
    this.#latency = this.#now() - this.#patience.startedAt
    this.#answer = new AnswerAssembly(head, method, this)
    this.#continue = resume
    this.#bodyTimeout = this.isStream ? timeouts.stream : timeouts.body
    this.#patience.endUpload()
    this.#patience.expect(this.#bodyTimeout)
    // It is whole. undici would not think so of a 304 that says how long another answer would be (RFC 9110, 8.6).
    if (this.#answer.isBodiless) {
      this.#end(null)
      this.#handOn()
    }
    return true
  }

  /** Now it is known whether the body is already here. */
  onRead (): void {
    this.#handOn()
    // An answer without a body has ended for everybody but an upstream that does not say so: its connection is given up.
    if (this.#answer!.isBodiless) this.#cancel?.(new ClientClosedError())
  }

  /** 102 says that the upstream is at work, so that it has its time anew (RFC 2518, 10.1). Hints say nothing of that. */
  #passInterim (head: AnswerHead): boolean {
    if (++this.#interims > INTERIM_LIMIT) throw new BadUpstreamResponseError(this.#exchange.location.name)
    if (head.statusCode === 102) this.#patience.expect(this.#exchange.location.timeouts.headers)
    this.#exchange.inform(head)
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
    this.#end(null)
    this.#listener.switched(head, socket)
  }

  onData (chunk: Buffer): boolean {
    const answer = this.#answer!
    this.#patience.expect(this.#bodyTimeout)
    const wantsMore = answer.push(chunk)
    if (!wantsMore) this.#patience.awaitReader()
    if (answer.isOver) this.#finishStream()
    return wantsMore
  }

  onComplete (rawTrailers: readonly RawText[] | null): void {
    this.#place.release()
    this.#end(null)
    this.#answer!.complete(this.#exchange.takesTrailers ? readTrailers(rawTrailers) : null)
    this.#handOn()
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
    if (this.#answer?.askToEnd() === true) this.#finishStream()
  }

  /** For the client it is complete; the upstream is left. */
  #finishStream (): void {
    if (this.#hasEnded) return
    this.#end(null)
    this.#answer!.complete(null)
    this.#handOn()
    this.#cancel?.(new ClientClosedError())
  }

  /**
   * Stops it, whatever it is doing: the connection to the upstream is closed. Before it has one it cannot be taken back
   * from its transport; onConnect refuses it when its turn comes, and until then it keeps its place.
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
    const isTold = this.#answer?.breakOff(() => toGatewayError(error, this.#exchange.location.name)) ?? false
    if (!isTold) this.#listener.failed(error)
  }

  expire (now: number): void {
    const culprit = this.#patience.look(now)
    if (culprit === undefined) return
    this.isBlameless = culprit === 'exchange'
    this.abort(describeDelay(culprit, this.#exchange.location.name))
  }

  #handOn (): void {
    if (this.#isHandedOn || this.#error !== null) return
    this.#isHandedOn = true
    this.#listener.answered(this.#answer!.handOn())
    if (this.#isStreamUnwanted) this.endStream()
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
