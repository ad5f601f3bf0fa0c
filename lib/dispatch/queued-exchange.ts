import { OverloadedError, UpstreamTimeoutError } from '../errors.ts'
import { NOT_QUEUED } from '../pool/pending-queue.ts'
import type { PendingRequest } from '../pool/pool.ts'
import type { Upstream } from '../pool/upstream.ts'
import type { Exchange } from './exchange.ts'
import { type DispatchContext, getPendingDeadline, type Sender } from './context.ts'
import { Wait } from './exchange-step.ts'
import { toGatewayError } from './failure.ts'

/**
 * Milliseconds between two looks of a pending request for capacity that no event announces: that of an upstream whose
 * ejection time is over.
 */
const CHECK_INTERVAL = 500

/** An exchange in the pending queue of its pool: goes on to the sender, or fails. */
export class QueuedExchange implements PendingRequest {
  position = NOT_QUEUED
  readonly #context: DispatchContext
  readonly #exchange: Exchange
  readonly #sender: Sender
  readonly #pendingDeadline: number
  #wait: Wait | undefined
  #hasProceeded = false

  constructor (context: DispatchContext, exchange: Exchange, sender: Sender) {
    this.#context = context
    this.#exchange = exchange
    this.#sender = sender
    this.#pendingDeadline = getPendingDeadline(context)
  }

  get hashKey (): string | undefined {
    return this.#exchange.request.hashKey
  }

  /** @returns whether the queue had room for it */
  start (): boolean {
    if (!this.#context.pool.enqueue(this)) return false
    this.#startWait()
    return true
  }

  proceed (upstream: Upstream | undefined): void {
    this.#hasProceeded = true
    this.#wait!.finish()
    this.#sender.sendTo(upstream)
  }

  #startWait (): void {
    const { deadlines, now } = this.#context
    const deadline = Math.min(this.#pendingDeadline, this.#exchange.endsAt, now() + CHECK_INTERVAL)
    this.#wait = new Wait(deadline, deadlines, () => this.#check(), error => this.#fail(error))
    this.#exchange.startWait(this.#wait)
  }

  #check (): void {
    const { pool, now, location } = this.#context
    const { endsAt } = this.#exchange
    pool.admitPending()
    if (this.#hasProceeded) return
    if (now() < Math.min(this.#pendingDeadline, endsAt)) this.#startWait()
    else if (this.#pendingDeadline < endsAt) this.#fail(new OverloadedError(location.name))
    else this.#fail(new UpstreamTimeoutError(location.name))
  }

  #fail (error: Error): void {
    this.#context.pool.dequeue(this)
    this.#exchange.fail(toGatewayError(error, this.#context.location.name))
  }
}
