import type { Result } from '../health/outlier-detector.ts'
import type { UpstreamPool } from './pool.ts'
import type { Upstream } from './upstream.ts'

/**
 * An attempt's in-flight lease of its upstream, until the connection is free again or has ended, and the attempt's
 * result for outlier detection and balancer.
 */
export class Lease {
  readonly upstream: Upstream
  /** The result decides whether an ejected upstream returns. */
  readonly isProbe: boolean
  readonly #pool: UpstreamPool
  #isReleased = false
  /** The head was a success, and is recorded as one when the body is complete. */
  #awaitsBody = false

  constructor (pool: UpstreamPool, upstream: Upstream) {
    this.#pool = pool
    this.upstream = upstream
    this.isProbe = pool.acquire(upstream)
  }

  get isReleased (): boolean {
    return this.#isReleased
  }

  /** Ends the lease, once. */
  release (): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#pool.release(this.upstream)
  }

  /**
   * The head of the response has come. A success counts when its body is complete: half a body is a failure. The result
   * of a probe counts at once.
   * @param latency - milliseconds from the start of the attempt
   * @param isBodyPending - a body of some length is still to come
   */
  recordResponse (result: Result, latency: number, isBodyPending: boolean): void {
    this.#pool.recordLatency(this.upstream, latency, result !== 'success')
    this.#awaitsBody = isBodyPending && result === 'success' && !this.isProbe
    if (!this.#awaitsBody) this.recordResult(result)
  }

  /** The response is complete. */
  recordEnd (): void {
    if (this.#awaitsBody) this.recordResult('success')
  }

  /**
   * The attempt has failed, perhaps in the middle of its body.
   * @param latency - milliseconds from the start of the attempt to the head, or to the failure
   */
  recordFailure (result: Result, latency: number): void {
    if (result !== 'neutral') this.#pool.recordLatency(this.upstream, latency, true)
    this.recordResult(result)
  }

  recordResult (result: Result): void {
    this.#pool.recordResult(this.upstream, result, this.isProbe)
  }
}
