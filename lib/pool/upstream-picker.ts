import type { Balancer } from '../balancer/candidate.ts'
import { createBalancer } from '../balancer/create-balancer.ts'
import { isPanicking } from '../health/ejection.ts'
import type { Location } from '../location.ts'
import type { PoolContext } from './pool-health.ts'
import type { Upstream } from './upstream.ts'
import type { UpstreamSet } from './upstream-set.ts'

/** Every eligible upstream has `maxConnections` requests already. */
export const AT_CAPACITY = Symbol('at capacity')

/**
 * Picks the upstream of a request: by health, outlier ejection, free capacity and slow start it gives every upstream
 * its share, and the location's balancer picks by these shares. A pick allocates nothing.
 */
export class UpstreamPicker {
  readonly #upstreams: UpstreamSet
  readonly #balancer: Balancer
  readonly #outlierDetection: Location['outlierDetection']
  readonly #now: () => number
  /** Upstreams that the last pick could have chosen, those at capacity included. */
  eligible = 0

  constructor (upstreams: UpstreamSet, { balancer, outlierDetection }: Location, { now, random }: PoolContext) {
    this.#upstreams = upstreams
    this.#balancer = createBalancer(balancer, random, now)
    this.#outlierDetection = outlierDetection
    this.#now = now
  }

  /**
   * The healthy upstreams by weight, or in a panic all of them. For a retry the healthy ones that have not been tried
   * yet; when there are none, the unhealthy ones.
   * @param hashKey - of the request, for the `hash` balancer
   * @param tried - upstreams with which the request has failed
   * @returns `undefined` when no upstream is eligible
   */
  pick (hashKey: string | undefined, tried: readonly Upstream[]): Upstream | typeof AT_CAPACITY | undefined {
    const now = this.#now()
    const isRetry = tried.length > 0
    let free = this.#assignShares(tried, !isRetry && this.#isPanicking(), now)
    // An upstream that counts as unhealthy may have recovered; one that has just failed has not.
    if (isRetry && this.eligible === 0) free = this.#assignShares(tried, true, now)
    if (free > 0) return this.#balancer.pick(this.#upstreams.current, hashKey)
    return this.eligible > 0 ? AT_CAPACITY : undefined
  }

  /** Sets the share of every upstream in the next pick. @returns how many have one */
  #assignShares (tried: readonly Upstream[], ignoresHealth: boolean, now: number): number {
    let free = 0
    this.eligible = 0
    for (const upstream of this.#upstreams.current) {
      upstream.share = 0
      if (upstream.weight === 0 || tried.includes(upstream)) continue
      if (!ignoresHealth && !upstream.takesRequests(now)) continue
      this.eligible++
      if (upstream.isAtCapacity) continue
      upstream.share = upstream.weightAt(now)
      free++
    }
    return free
  }

  #isPanicking (): boolean {
    if (this.#outlierDetection === null) return false
    let total = 0
    let healthy = 0
    for (const { weight, isHealthy } of this.#upstreams.current) {
      if (weight === 0) continue
      total++
      if (isHealthy) healthy++
    }
    return isPanicking(healthy, total, this.#outlierDetection.panicThreshold)
  }
}
