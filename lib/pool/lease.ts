import type { Result } from '../health/outlier-detector.ts'
import type { UpstreamPool } from './pool.ts'
import type { Upstream } from './upstream.ts'

/**
 * What one attempt has of its upstream: one of its places, until the connection is free for another or has ended, and a
 * say in what is thought of it.
 */
export class Place {
  readonly upstream: Upstream
  /** This attempt shows whether an ejected upstream is back. */
  readonly isProbe: boolean
  readonly #pool: UpstreamPool
  #isReleased = false

  constructor (pool: UpstreamPool, upstream: Upstream) {
    this.#pool = pool
    this.upstream = upstream
    this.isProbe = pool.begin(upstream)
  }

  get isReleased (): boolean {
    return this.#isReleased
  }

  /** Gives it back, once. */
  release (): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#pool.release(this.upstream)
  }

  /** How it went, as far as the upstream is to blame. */
  report (result: Result): void {
    this.#pool.outcome(this.upstream, { result, isProbe: this.isProbe })
  }

  /** @param latency - milliseconds to the head of the answer, or to the failure */
  observe (latency: number, isFailure: boolean): void {
    this.#pool.observe(this.upstream, latency, isFailure)
  }
}
