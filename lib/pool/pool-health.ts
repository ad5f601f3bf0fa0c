import { mayEject } from '../health/ejection.ts'
import type { Result } from '../health/outlier-detector.ts'
import type { OutlierRule } from '../location.ts'
import type { Upstream } from './upstream.ts'
import type { UpstreamSet } from './upstream-set.ts'

/** A change of an upstream's health: `down`, `up` by health checks; `ejected`, `returned` by outlier detection. */
export type HealthChange = 'down' | 'up' | 'ejected' | 'returned'

export interface PoolContext {
  /** Monotonic clock, in milliseconds. */
  now: () => number
  /** From 0 to below 1. */
  random: () => number
  onHealthChange: (upstream: Upstream, change: HealthChange) => void
}

/** The health of a pool's upstreams: results of requests and health checks in, ejections and their ends out. */
export class PoolHealth {
  readonly #upstreams: UpstreamSet
  readonly #rule: OutlierRule | null
  readonly #context: PoolContext
  readonly #onChange: () => void

  /** @param onChange - called after every change: other upstreams may be eligible now */
  constructor (upstreams: UpstreamSet, rule: OutlierRule | null, context: PoolContext, onChange: () => void) {
    this.#upstreams = upstreams
    this.#rule = rule
    this.#context = context
    this.#onChange = onChange
  }

  /**
   * The result of a request; once more when its response broke off.
   * @param isProbe - the request decided whether an ejected upstream returns
   */
  recordResult (upstream: Upstream, result: Result, isProbe: boolean): void {
    if (upstream.outlier === null) return
    const { now, random } = this.#context
    const time = now()
    const change = upstream.outlier.record(result, { isProbe, now: time, random, mayEject: () => this.#mayEject(time) })
    if (change !== undefined) this.#notify(upstream, change)
  }

  /**
   * The result of a health check.
   * @param change - of the state of the address, which its upstreams share
   */
  recordProbe (upstream: Upstream, hasPassed: boolean, change: 'up' | 'down' | undefined): void {
    if (change !== undefined) this.#notify(upstream, change)
    if (hasPassed) this.#uneject(upstream)
  }

  /** Ends the ejection of the only upstream that is left: it is used whatever its results were. */
  unejectLast (): void {
    const [last, another] = this.#weighted()
    if (last !== undefined && another === undefined) this.#uneject(last)
  }

  #uneject (upstream: Upstream): void {
    const change = upstream.outlier?.uneject(this.#context.now())
    if (change !== undefined) this.#notify(upstream, change)
  }

  /**
   * Whether `maxEjectionPercent` allows one more ejection. When it does not, the upstream that failed longest ago may
   * well be better than this one, and is probed early.
   */
  #mayEject (now: number): boolean {
    const weighted = this.#weighted()
    const ejected = weighted.flatMap(({ outlier }) => outlier?.isEjected === true ? outlier : [])
    if (mayEject(ejected.length, weighted.length, this.#rule!.maxEjectionPercent)) return true
    ejected.sort((a, b) => a.failedAt - b.failedAt)[0]?.allowEarlyProbe(now)
    return false
  }

  #weighted (): Upstream[] {
    return this.#upstreams.current.filter(({ weight }) => weight > 0)
  }

  #notify (upstream: Upstream, change: HealthChange): void {
    if (change === 'up' || change === 'returned') upstream.joinedAt = this.#context.now()
    this.#context.onHealthChange(upstream, change)
    // Also when an upstream is lost: with that a panic may begin, in which all are eligible.
    this.#onChange()
  }
}
