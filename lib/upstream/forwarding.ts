import type { Dispatcher } from 'undici'
import { BadUpstreamResponseError, NoUpstreamError, OverloadedError, UpstreamTimeoutError } from '../errors.ts'
import type { Result } from '../health/outlier-detector.ts'
import { joinBase } from '../location/path.ts'
import type { Location } from '../location/types.ts'
import { backoff } from '../retry/backoff.ts'
import type { RetryBudget } from '../retry/budget.ts'
import { decideRepetition, isRetryStatus, type Phase, type Repetition } from '../retry/decide.ts'
import { readRetryAfter } from '../retry/retry-after.ts'
import { AnswerBody } from './answer-body.ts'
import { type Answer, Attempt, type AttemptListener, type Ending } from './attempt.ts'
import type { Deadlines } from './deadlines.ts'
import type { Exchange } from './exchange.ts'
import { toGatewayError } from './failure.ts'
import { judgeFailure, judgeStatus, phaseOf } from './outcome.ts'
import { FULL, type UpstreamPool, type Waiter } from './pool.ts'
import type { RedirectFollower } from './redirect-follower.ts'
import { RequestBody } from './request-body.ts'
import { Stop, type UnderWay } from './stop.ts'
import type { Upstream } from './upstream.ts'

/** What all exchanges of a location share. */
export interface ForwardingContext {
  location: Location
  pool: UpstreamPool
  /** `null` when requests are sent once. */
  budget: RetryBudget | null
  /** `null` when redirects are the client's. */
  redirects: RedirectFollower | null
  /** Attempts, and requests that wait for a place. */
  deadlines: Deadlines<UnderWay>
  /** Requests that wait for their next try: a finer clock. */
  pauses: Deadlines<UnderWay>
  now: () => number
  random: () => number
  /** The gateway stops: an event stream is not begun any more. */
  isEndingStreams: () => boolean
}

const NOBODY: readonly Upstream[] = []

/**
 * The way of one exchange: to an upstream, perhaps to a second one, and back with an answer or a failure. One attempt
 * at a time.
 */
export class Forwarding implements AttemptListener, Waiter {
  tried: readonly Upstream[] = NOBODY
  readonly #context: ForwardingContext
  readonly #exchange: Exchange
  readonly #deliver: (answer: Answer) => void
  #isProbe = false
  #attempt!: Attempt
  #stop: Stop | null = null

  /** @param deliver - gets the answer; may throw when it cannot be sent */
  constructor (context: ForwardingContext, exchange: Exchange, deliver: (answer: Answer) => void) {
    this.#context = context
    this.#exchange = exchange
    this.#deliver = deliver
  }

  get hashKey (): string | undefined {
    return this.#exchange.hashKey
  }

  start (): void {
    this.#context.budget?.deposit(this.#context.now())
    this.#context.redirects?.recall(this.#exchange)
    this.#begin()
  }

  /** It is sent to whom the pool has picked. */
  proceed (upstream: Upstream | undefined): void {
    this.#stop?.leave()
    if (upstream === undefined) this.#exchange.fail(new NoUpstreamError(this.#context.location.name))
    else this.#send(upstream)
  }

  answered (answer: Answer): void {
    const { statusCode } = answer
    this.#report(judgeStatus(statusCode))
    if (isRetryStatus(this.#context.location.retry, statusCode) && this.#repeat('refused', answer)) return
    const isFollowed = this.#context.redirects?.follow(this.#exchange, this.#upstream, answer) ?? false
    if (!isFollowed) return this.#hand(answer)
    discard(answer)
    this.#send(this.#upstream)
  }

  failed (error: Error): void {
    const failure = toGatewayError(error, this.#context.location.name)
    this.#report(judgeFailure(failure))
    if (!this.#repeat(phaseOf(failure, this.#attempt.wasSent))) this.#exchange.fail(failure)
  }

  ended ({ error }: Ending): void {
    this.#context.pool.release(this.#upstream)
    if (error === null || this.#exchange.answer === null) return
    // Broken off in the middle of the answer: only the log can still be told.
    const failure = toGatewayError(error, this.#context.location.name)
    this.#report(judgeFailure(failure))
    this.#exchange.failure ??= failure
  }

  get #upstream (): Upstream {
    return this.#exchange.upstream!
  }

  #begin (): void {
    const choice = this.#context.pool.pick(this)
    if (choice !== FULL) this.proceed(choice)
    else if (!this.#wait()) this.#exchange.fail(new OverloadedError(this.#context.location.name))
  }

  /** Waits for a place at an upstream. @returns whether there was room to wait */
  #wait (): boolean {
    const { pool, location: { name, limits }, deadlines, now } = this.#context
    if (!pool.join(this)) return false
    const { endsAt } = this.#exchange
    const until = limits.pendingTimeout === 0 ? Infinity : now() + limits.pendingTimeout
    const expired = () => {
      pool.leave(this)
      this.#exchange.fail(until < endsAt ? new OverloadedError(name) : new UpstreamTimeoutError(name))
    }
    this.#stopUntil(Math.min(until, endsAt), deadlines, expired)
    return true
  }

  #stopUntil (deadline: number, deadlines: Deadlines<UnderWay>, expired: () => void): void {
    const { pool, location } = this.#context
    this.#stop = new Stop(deadline, deadlines, expired, error => {
      pool.leave(this)
      this.#exchange.fail(toGatewayError(error, location.name))
    })
    this.#exchange.attempt = this.#stop
  }

  /**
   * Sends it again, if that is right and there is somebody to send it to.
   * @param answer - which the client does not get in this case
   * @returns whether it will be
   */
  #repeat (phase: Phase, answer?: Answer): boolean {
    const { budget, pool, now, pauses } = this.#context
    const repetition = this.#exchange.isClientGone ? 'never' : this.#decide(phase)
    if (repetition === 'never') return false
    this.tried = [...this.tried, this.#upstream]
    const choice = pool.pick(this)
    const pause = choice === undefined ? this.#pauseAfter(answer) : 0
    if (choice === undefined && repetition === 'elsewhere') return false
    if (now() + pause >= this.#exchange.endsAt || !budget!.withdraw(now())) return false
    if (choice === FULL && !this.#wait()) return false
    this.#exchange.retries++
    if (answer !== undefined) discard(answer)
    if (choice === undefined) {
      this.tried = NOBODY
      this.#stopUntil(now() + pause, pauses, () => this.#begin())
    } else if (choice !== FULL) this.#send(choice)
    return true
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
  #pauseAfter (answer: Answer | undefined): number {
    return readRetryAfter(answer?.headers['retry-after'], Date.now()) ?? backoff(this.#exchange.retries + 1, this.#context.random)
  }

  #report (result: Result): void {
    this.#context.pool.outcome(this.#upstream, { result, latency: this.#attempt.latency, isProbe: this.#isProbe })
    this.#isProbe = false
  }

  /** An answer that Fastify cannot send, because of one of its headers, is a bad answer, and not the end of the process. */
  #hand (answer: Answer): void {
    this.#exchange.answer = answer
    try {
      this.#deliver(answer)
    } catch (cause) {
      const failure = new BadUpstreamResponseError(this.#context.location.name, { cause })
      this.#exchange.fail(failure)
      this.#attempt.abort(failure)
    }
  }

  #send (upstream: Upstream): void {
    const { pool, deadlines, now, isEndingStreams } = this.#context
    this.#exchange.upstream = upstream
    this.#isProbe = pool.begin(upstream)
    this.#attempt = new Attempt(this.#exchange, deadlines, now, this)
    this.#exchange.attempt = this.#attempt
    if (isEndingStreams()) this.#attempt.endStream()
    // One that comes back because its connection had been closed must not meet the next of that kind.
    if (this.#exchange.retries > 0) upstream.connections.dispatchFresh(this.#describe(upstream), this.#attempt)
    else upstream.connections.dispatch(this.#describe(upstream), this.#attempt)
  }

  /** The request as this upstream gets it. */
  #describe ({ target }: Upstream): Dispatcher.DispatchOptions {
    const { path, method, headers, body, host } = this.#exchange.request
    const { rewriteHost } = this.#context.location
    const useUpstreams = rewriteHost === 'auto' ? target.isSecure : rewriteHost
    return {
      path: joinBase(target.basePath, path),
      method,
      headers: ['host', useUpstreams ? target.host : host ?? target.host, ...headers],
      body,
    }
  }
}

/** Nobody reads it. */
function discard ({ body }: Answer): void {
  if (body instanceof AnswerBody) body.destroy()
}
