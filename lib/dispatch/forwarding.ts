import type { Duplex } from 'node:stream'
import { ResponseBody } from '../downstream/response-body.ts'
import { BadUpstreamResponseError, type GatewayError, NoUpstreamError, OverloadedError, UpstreamTimeoutError } from '../errors.ts'
import { backoff } from '../retry/backoff.ts'
import { decideRepetition, isRetryStatus, type Phase, type Repetition } from '../retry/decide.ts'
import { readRetryAfter } from '../retry/retry-after.ts'
import type { SwitchHead } from '../upstream/answer-head.ts'
import type { Answer } from '../upstream/answer-assembly.ts'
import { Attempt, type AttemptListener } from './attempt.ts'
import { type ForwardingContext, waitsUntil } from './context.ts'
import type { Exchange } from '../upstream/exchange.ts'
import { toGatewayError } from './failure.ts'
import { openTunnel } from './open-tunnel.ts'
import { judgeFailure, judgeStatus, phaseOf } from './outcome.ts'
import { Place } from '../pool/lease.ts'
import { PlaceWait } from './queued-exchange.ts'
import { FULL } from '../pool/pool.ts'
import { RequestBody } from './request-body.ts'
import { Stop } from './exchange-step.ts'
import type { Upstream } from '../pool/upstream.ts'
import { toUpstream } from './upstream-request.ts'

const NOBODY: readonly Upstream[] = []

/**
 * The way of one exchange: to an upstream, perhaps to a second one, and back with an answer or a failure. One attempt
 * at a time.
 */
export class Forwarding implements AttemptListener {
  readonly #context: ForwardingContext
  readonly #exchange: Exchange
  /** Who has failed it. */
  #tried: readonly Upstream[] = NOBODY
  #attempt!: Attempt
  #place!: Place
  /** The head of the answer was good, and what is left to be seen is the rest. */
  #isSuccessDue = false

  constructor (context: ForwardingContext, exchange: Exchange) {
    this.#context = context
    this.#exchange = exchange
  }

  start (): void {
    this.#context.budget?.deposit(this.#context.now())
    this.#context.redirects?.recall(this.#exchange)
    this.#begin()
  }

  answered (answer: Answer): void {
    const { statusCode } = answer
    const result = judgeStatus(statusCode)
    this.#place.observe(this.#attempt.latency, result !== 'success')
    // A good head may be followed by half a body. But who is probed is not waited for, nor is a stream that lasts for hours.
    this.#isSuccessDue = result === 'success' && this.#attempt.isUnderWay && !this.#place.isProbe && !this.#attempt.isStream
    if (!this.#isSuccessDue) this.#place.report(result)
    if (isRetryStatus(this.#context.location.retry, statusCode) && this.#repeat('refused', null, answer)) return
    const isFollowed = this.#context.redirects?.follow(this.#exchange, this.#place.upstream, answer) ?? false
    if (!isFollowed) return this.#hand(answer)
    discard(answer)
    this.#goOn(this.#place.upstream)
  }

  switched (head: SwitchHead, socket: Duplex): void {
    this.#place.observe(this.#attempt.latency, false)
    this.#place.report('success')
    const tunnel = openTunnel(this.#context, this.#place, socket, head.protocol)
    this.#exchange.tunnel = tunnel
    this.#exchange.underWay = tunnel
    this.#hand({ ...head, isEventStream: false, body: null })
  }

  failed (error: Error): void {
    const failure = toGatewayError(error, this.#context.location.name)
    // Else it has no connection yet, and what becomes of that is told by the attempt.
    if (this.#place.isReleased) this.#blame(failure)
    if (!this.#repeat(phaseOf(failure, this.#attempt.wasSent), failure)) this.#exchange.fail(failure)
  }

  ended (error: Error | null): void {
    if (error === null && this.#isSuccessDue) this.#place.report('success')
    if (error === null || this.#exchange.answer === null) return
    // Broken off in the middle of the answer: only the log can still be told.
    const failure = toGatewayError(error, this.#context.location.name)
    this.#blame(failure)
    this.#exchange.failure ??= failure
  }

  #blame (failure: GatewayError): void {
    const result = this.#attempt.isBlameless ? 'neutral' : judgeFailure(failure)
    if (result !== 'neutral') this.#place.observe(this.#attempt.latency, true)
    this.#place.report(result)
  }

  /** To anybody, at once or when there is a place. */
  #begin (): void {
    const { pool, location } = this.#context
    const choice = pool.pick(this.#exchange.hashKey)
    if (choice !== FULL) return this.#sendTo(choice)
    const wait = new PlaceWait(this.#context, this.#exchange, upstream => this.#sendTo(upstream))
    if (!wait.start()) this.#exchange.fail(new OverloadedError(location.name))
  }

  #sendTo (upstream: Upstream | undefined): void {
    if (upstream === undefined) this.#exchange.fail(new NoUpstreamError(this.#context.location.name))
    else this.#send(upstream)
  }

  /** A redirect leads on: to the same upstream, unless that has no place or is gone. */
  #goOn (upstream: Upstream): void {
    if (this.#context.pool.mayHaveNext(upstream)) this.#send(upstream)
    else this.#begin()
  }

  /**
   * Sends it again, if that is right and there is somebody to send it to.
   * @param failure - what the client is told when that comes to nothing; `null` when there was an answer
   * @param answer - which the client does not get in this case
   * @returns whether it will be
   */
  #repeat (phase: Phase, failure: GatewayError | null, answer?: Answer): boolean {
    const { budget, pool, now, location: { limits } } = this.#context
    const repetition = this.#exchange.isClientGone ? 'never' : this.#decide(phase)
    if (repetition === 'never') return false
    this.#tried = [...this.#tried, this.#place.upstream]
    const choice = pool.pick(this.#exchange.hashKey, this.#tried)
    const isFree = choice !== FULL && choice !== undefined
    // It does not join those who wait for anybody: as the first of them it would hold up all others.
    const waitsForAnother = choice === FULL && limits.maxPending > 0
    if (!isFree && !waitsForAnother && repetition === 'elsewhere') return false
    const pause = isFree ? 0 : this.#pauseAfter(answer)
    if (now() + pause >= this.#exchange.endsAt || !budget!.withdraw(now())) return false
    this.#exchange.retries++
    if (answer !== undefined) discard(answer)
    const giveUp = repetition === 'elsewhere' ? () => this.#exchange.fail(failure!) : () => this.#begin()
    if (isFree) this.#send(choice)
    else this.#comeBackAfter(pause, waitsForAnother ? waitsUntil(this.#context) : 0, giveUp)
    return true
  }

  /**
   * Looks again for somebody who has not failed it.
   * @param until - when it no longer waits for that
   * @param giveUp - called then, or when there is nobody
   */
  #comeBackAfter (pause: number, until: number, giveUp: () => void): void {
    const { pool, now, location, pauses } = this.#context
    this.#exchange.underWay = new Stop(now() + pause, pauses, () => {
      if (now() >= this.#exchange.endsAt) return this.#exchange.fail(new UpstreamTimeoutError(location.name))
      const choice = pool.pick(this.#exchange.hashKey, this.#tried)
      if (choice !== FULL && choice !== undefined) this.#send(choice)
      else if (choice === FULL && now() < until) this.#comeBackAfter(this.#pauseAfter(), until, giveUp)
      else giveUp()
    }, error => this.#exchange.fail(toGatewayError(error, location.name)))
  }

  #decide (phase: Phase): Repetition {
    const { retry } = this.#context.location
    const { request: { method, body }, retries } = this.#exchange
    return decideRepetition(retry, {
      phase,
      method,
      tries: retries + 1,
      isBodyKept: body === null || (Buffer.isBuffer(body) && body.length <= retry!.maxBodyBytes),
      isBodyUntouched: Buffer.isBuffer(body) || (body instanceof RequestBody && body.isUntouched),
    })
  }

  /** Milliseconds until the same upstream is asked again. */
  #pauseAfter (answer?: Answer): number {
    return readRetryAfter(answer?.headers['retry-after'], Date.now()) ?? backoff(this.#exchange.retries + 1, this.#context.random)
  }

  /** An answer that Fastify cannot send, because of one of its headers, is a bad answer, and not the end of the process. */
  #hand (answer: Answer): void {
    try {
      this.#exchange.deliver(answer)
    } catch (cause) {
      const failure = new BadUpstreamResponseError(this.#context.location.name, { cause })
      this.#exchange.fail(failure)
      this.#exchange.underWay!.abort(failure)
    }
  }

  #send (upstream: Upstream): void {
    const { pool, deadlines, now, isEndingStreams, location } = this.#context
    this.#exchange.upstream = upstream
    this.#isSuccessDue = false
    this.#place = new Place(pool, upstream)
    this.#attempt = new Attempt(this.#exchange, this.#place, deadlines, now, this)
    this.#exchange.underWay = this.#attempt
    if (isEndingStreams()) this.#attempt.endStream()
    // One that comes back because its connection had been closed must not meet the next of that kind.
    const options = toUpstream(this.#exchange.request, upstream.target, location.rewriteHost)
    if (this.#exchange.retries > 0) upstream.transport.dispatchFresh(options, this.#attempt)
    else upstream.transport.dispatch(options, this.#attempt)
  }
}

/** Nobody reads it. */
function discard ({ body }: Answer): void {
  if (body instanceof ResponseBody) body.destroy()
}
