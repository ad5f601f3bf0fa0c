import { type GatewayError, UpstreamTimeoutError } from '../errors.ts'
import type { Upstream } from '../pool/upstream.ts'
import { AT_CAPACITY } from '../pool/upstream-picker.ts'
import { drawBackoff, readRetryAfter } from '../retry/delay.ts'
import { decideRetry, type Phase, type RetryDecision } from '../retry/decide.ts'
import { type UpstreamResponse } from './response-assembly.ts'
import { ResponseBody } from '../downstream/response-body.ts'
import type { Exchange } from './exchange.ts'
import { type DispatchContext, getPendingDeadline, type Sender } from './context.ts'
import { Wait } from './exchange-step.ts'
import { toGatewayError } from './failure.ts'
import { RequestBody } from './request-body.ts'

/**
 * The retries of one exchange: whether there is another attempt (the rules are in lib/retry), when, and with which
 * upstream. Created with the first failed attempt.
 */
export class Retry {
  readonly #context: DispatchContext
  readonly #exchange: Exchange
  readonly #sender: Sender
  /** Upstreams with which the exchange has failed. */
  readonly #tried: Upstream[] = []
  #repetition: RetryDecision = 'never'
  /** For the client, when no upstream can be found for the retry; `null` when the failed attempt had a response. */
  #failure: GatewayError | null = null
  /** Until when it waits for an upstream that has not been tried. */
  #waitsUntil = 0

  constructor (context: DispatchContext, exchange: Exchange, sender: Sender) {
    this.#context = context
    this.#exchange = exchange
    this.#sender = sender
  }

  /**
   * Called with every failed attempt.
   * @param failure - `null` when there was a response
   * @param response - not passed on to the client when there is a retry
   * @returns whether there is a retry: it has been sent, or will be
   */
  schedule (phase: Phase, failure: GatewayError | null, response?: UpstreamResponse): boolean {
    const { retryBudget, now, location: { limits } } = this.#context
    this.#repetition = this.#exchange.isClientGone ? 'never' : this.#decide(phase)
    if (this.#repetition === 'never') return false
    this.#tried.push(this.#exchange.upstream!)
    const choice = this.#pickUntried()
    const isFree = choice !== AT_CAPACITY && choice !== undefined
    // Not in the pending queue: at its head, a request that waits for one upstream would block all others.
    const waitsForUntried = choice === AT_CAPACITY && limits.maxPending > 0
    if (!isFree && !waitsForUntried && this.#repetition === 'elsewhere') return false
    const delay = isFree ? 0 : this.#getDelay(response)
    if (now() + delay >= this.#exchange.endsAt || !retryBudget!.withdraw(now())) return false
    this.#exchange.countRetry()
    this.#failure = failure
    this.#waitsUntil = waitsForUntried ? getPendingDeadline(this.#context) : 0
    if (response !== undefined) discardBody(response)
    if (isFree) this.#sender.sendTo(choice)
    else this.#startWait(delay)
    return true
  }

  #decide (phase: Phase): RetryDecision {
    const { retry } = this.#context.location
    const { request: { method, body }, retries } = this.#exchange
    return decideRetry(retry, {
      phase,
      method,
      tries: retries + 1,
      isBodyKept: body === null || (Buffer.isBuffer(body) && body.length <= retry!.maxBodyBytes),
      isBodyUntouched: Buffer.isBuffer(body) || (body instanceof RequestBody && body.isUntouched),
    })
  }

  #pickUntried (): Upstream | typeof AT_CAPACITY | undefined {
    return this.#context.pool.pick(this.#exchange.request.hashKey, this.#tried)
  }

  /** Milliseconds until the next look for an upstream: what the response asks for, or a backoff. */
  #getDelay (response?: UpstreamResponse): number {
    const requested = readRetryAfter(response?.headers['retry-after'], Date.now())
    return requested ?? drawBackoff(this.#exchange.retries + 1, this.#context.random)
  }

  #startWait (delay: number): void {
    const { now, retryDeadlines, location } = this.#context
    const onAbort = (error: Error) => this.#exchange.fail(toGatewayError(error, location.name))
    this.#exchange.startWait(new Wait(now() + delay, retryDeadlines, () => this.#proceed(), onAbort))
  }

  #proceed (): void {
    const { now, location } = this.#context
    if (now() >= this.#exchange.endsAt) return this.#exchange.fail(new UpstreamTimeoutError(location.name))
    const choice = this.#pickUntried()
    if (choice === AT_CAPACITY && now() < this.#waitsUntil) this.#startWait(this.#getDelay())
    else if (choice !== AT_CAPACITY && choice !== undefined) this.#sender.sendTo(choice)
    else if (this.#repetition === 'elsewhere') this.#exchange.fail(this.#failure!)
    else this.#sender.send()
  }
}

/** The response is not passed on: its attempt is aborted, unless it has ended. */
export function discardBody ({ body }: UpstreamResponse): void {
  if (body instanceof ResponseBody) body.destroy()
}
