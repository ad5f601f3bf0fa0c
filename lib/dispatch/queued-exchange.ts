import { OverloadedError, UpstreamTimeoutError } from '../errors.ts'
import { type ForwardingContext, waitsUntil } from './context.ts'
import type { Exchange } from '../upstream/exchange.ts'
import { toGatewayError } from './failure.ts'
import type { Waiter } from '../pool/pool.ts'
import { Stop } from './exchange-step.ts'
import type { Upstream } from '../pool/upstream.ts'
import { NO_TURN } from '../pool/pending-queue.ts'

/**
 * How often, in milliseconds, who waits looks whether there is a place of which nobody has told: that of an upstream whose
 * ejection is over.
 */
const LOOK_INTERVAL = 500

/** An exchange that waits in the line for a place at any upstream; what it comes to, the exchange or `next` is told. */
export class PlaceWait implements Waiter {
  turn = NO_TURN
  readonly #context: ForwardingContext
  readonly #exchange: Exchange
  readonly #next: (upstream: Upstream | undefined) => void
  readonly #until: number
  #stop: Stop | undefined
  #isOver = false

  /** @param next - gets the upstream when it is its turn; `undefined` when there is nobody any more */
  constructor (context: ForwardingContext, exchange: Exchange, next: (upstream: Upstream | undefined) => void) {
    this.#context = context
    this.#exchange = exchange
    this.#next = next
    this.#until = waitsUntil(context)
  }

  get hashKey (): string | undefined {
    return this.#exchange.hashKey
  }

  /** @returns whether there was room in the line */
  start (): boolean {
    if (!this.#context.pool.join(this)) return false
    this.#waitOn()
    return true
  }

  proceed (upstream: Upstream | undefined): void {
    this.#isOver = true
    this.#stop!.leave()
    this.#next(upstream)
  }

  #waitOn (): void {
    const { deadlines, now } = this.#context
    const deadline = Math.min(this.#until, this.#exchange.endsAt, now() + LOOK_INTERVAL)
    this.#stop = new Stop(deadline, deadlines, () => this.#look(), error => this.#give(error))
    this.#exchange.underWay = this.#stop
  }

  #look (): void {
    const { pool, now, location } = this.#context
    const { endsAt } = this.#exchange
    pool.admit()
    if (this.#isOver) return
    if (now() < Math.min(this.#until, endsAt)) this.#waitOn()
    else this.#give(this.#until < endsAt ? new OverloadedError(location.name) : new UpstreamTimeoutError(location.name))
  }

  /** Gives up. */
  #give (error: Error): void {
    this.#context.pool.leave(this)
    this.#exchange.fail(toGatewayError(error, this.#context.location.name))
  }
}
