import type { Duplex } from 'node:stream'
import type { Deadlines } from '../collections/deadlines.ts'
import { ClientClosedError, type GatewayError, SlowClientError, UpstreamTimeoutError } from '../errors.ts'
import type { Lease } from '../pool/lease.ts'
import { NOT_IN_SET } from '../collections/indexed-set.ts'
import type { UpstreamResponse } from './response-assembly.ts'
import type { SwitchHead } from './response-head.ts'
import type { Exchange } from './exchange.ts'
import { AttemptClock, type TimeoutCause } from './attempt-clock.ts'
import type { ExchangeStep } from './exchange-step.ts'
import { toGatewayError } from './failure.ts'
import { classifyFailure } from './outcome.ts'
import { RequestBody } from './request-body.ts'

/** Events of an attempt: one of the first three, and `onEnd`, each once. For a whole response `onEnd` comes first. */
export interface AttemptListener {
  onResponse (response: UpstreamResponse): void
  /**
   * The upstream has switched to another protocol.
   * @param socket - the connection, from the first byte after the head; the lease is kept until it closes
   */
  onSwitch (head: SwitchHead, socket: Duplex): void
  onFailure (error: Error): void
  /** @param error - the reason when it was broken off; `null` when it is complete */
  onEnd (error: Error | null): void
}

/**
 * The course of an attempt, whatever its response: it waits for a connection, runs against its deadlines, and ends
 * once, complete, failed or aborted. A base class and not a part, so that a request costs no further object.
 */
export abstract class AttemptLifecycle implements ExchangeStep {
  setIndex = NOT_IN_SET
  /** The time of the exchange has run out, and was mostly spent before this attempt. */
  isBlameless = false
  protected readonly exchange: Exchange
  protected readonly lease: Lease
  protected readonly listener: AttemptListener
  protected readonly clock: AttemptClock
  /** Closes the connection; known when there is one. */
  protected disconnect: ((error?: Error) => void) | undefined
  /** Why it has failed or was aborted. */
  protected error: Error | null = null
  readonly #deadlines: Deadlines<ExchangeStep>
  #hasEnded = false

  constructor (
    exchange: Exchange, lease: Lease, deadlines: Deadlines<ExchangeStep>, now: () => number, listener: AttemptListener
  ) {
    this.exchange = exchange
    this.lease = lease
    this.listener = listener
    this.clock = new AttemptClock(exchange.location.timeouts, exchange.endsAt, now)
    this.#deadlines = deadlines
    deadlines.add(this)
  }

  get deadline (): number {
    return this.clock.deadline
  }

  /** Milliseconds from the start to the head of the response; to now when there is none. */
  get latency (): number {
    return this.clock.latency
  }

  /** Whether it had a connection: from then on bytes of the request may have reached the upstream. */
  get hasConnected (): boolean {
    return this.disconnect !== undefined
  }

  get hasEnded (): boolean {
    return this.#hasEnded
  }

  onConnect (disconnect: (error?: Error) => void): void {
    if (this.error !== null) {
      disconnect(this.error)
      return
    }
    this.disconnect = disconnect
    const { body } = this.exchange.request
    if (body instanceof RequestBody) this.clock.watchUpload(body)
    this.clock.awaitHead()
  }

  onError (error: Error): void {
    this.lease.release()
    if (!this.#hasEnded) this.#fail(this.error ??= error)
    // Aborted before it had a connection: now it is known what became of that.
    else if (!this.hasConnected) this.lease.recordResult(classifyFailure(this.#toGatewayError(error)))
  }

  expire (now: number): void {
    const cause = this.clock.check(now)
    if (cause === undefined) return
    this.isBlameless = cause === 'exchange'
    this.abort(toTimeoutError(cause, this.exchange.location.name))
  }

  /**
   * Ends it in any state: the connection to the upstream is closed. Before there is one, the attempt cannot be taken
   * back from its transport; `onConnect` refuses the connection later, and the lease is kept until then.
   */
  abort (error?: Error | null): void {
    if (this.#hasEnded) return
    this.error = error ?? new ClientClosedError()
    this.disconnect?.(this.error)
    this.#fail(this.error)
  }

  abstract endStream (): void

  /** Breaks off a body that is being passed on. @returns whether there was one */
  protected abstract breakOff (toError: () => Error): boolean

  protected end (error: Error | null): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#deadlines.delete(this)
    this.listener.onEnd(error)
  }

  #fail (error: Error): void {
    // The transport may have reported the end of an aborted request already.
    if (this.#hasEnded) return
    this.end(error)
    if (!this.breakOff(() => this.#toGatewayError(error))) this.listener.onFailure(error)
  }

  #toGatewayError (error: Error): GatewayError {
    return toGatewayError(error, this.exchange.location.name)
  }
}

function toTimeoutError (cause: TimeoutCause, app: string): Error {
  if (cause === 'upstream' || cause === 'exchange') return new UpstreamTimeoutError(app)
  return new SlowClientError(cause === 'sender' ? 'its body does not arrive' : 'it does not read its answer')
}
