import { observe } from '../balancer/ewma.ts'
import type { Result } from '../health/outlier-detector.ts'
import type { Location, UpstreamTarget } from '../location.ts'
import { PendingQueue, type Queued } from './pending-queue.ts'
import { type PoolContext, PoolHealth } from './pool-health.ts'
import type { Upstream } from './upstream.ts'
import { AT_CAPACITY, UpstreamPicker } from './upstream-picker.ts'
import { type ProbeFinder, UpstreamSet } from './upstream-set.ts'

/** A request that waits for an upstream. */
export interface PendingRequest extends Queued {
  /** Of the request, for the `hash` balancer. */
  hashKey: string | undefined
  /** Called when it leaves the queue with an upstream; `undefined` when no upstream is eligible any more. */
  proceed (upstream: Upstream | undefined): void
}

const NONE: readonly Upstream[] = []

/**
 * All upstreams of a location. For every attempt: `pick`, then `acquire`, `recordResult` and `release` through its
 * lease. Requests for which every upstream is at capacity wait in its pending queue.
 */
export class UpstreamPool {
  readonly #location: Location
  readonly #now: () => number
  readonly #upstreams: UpstreamSet
  readonly #picker: UpstreamPicker
  readonly #health: PoolHealth
  readonly #pending = new PendingQueue<PendingRequest>()
  #isAdmitting = false
  #isClosed = false

  constructor (location: Location, context: PoolContext, probeOf: ProbeFinder = () => null) {
    this.#location = location
    this.#now = context.now
    this.#upstreams = new UpstreamSet(location.upstreams, location, probeOf)
    this.#picker = new UpstreamPicker(this.#upstreams, location, context)
    this.#health = new PoolHealth(this.#upstreams, location.outlierDetection, context, () => this.admitPending())
  }

  get upstreams (): readonly Upstream[] {
    return this.#upstreams.current
  }

  /** Whether any upstream takes requests and is neither down nor ejected. */
  get hasHealthyUpstream (): boolean {
    return this.upstreams.some(({ weight, isHealthy }) => weight > 0 && isHealthy)
  }

  /**
   * Picks the upstream of a request, see `UpstreamPicker`. Pending requests come first.
   * @param hashKey - of the request, for the `hash` balancer
   * @param tried - upstreams with which the request has failed; it gets another one
   * @returns `AT_CAPACITY` when it has to wait (`enqueue`), `undefined` when no upstream is eligible
   */
  pick (hashKey?: string, tried: readonly Upstream[] = NONE): Upstream | typeof AT_CAPACITY | undefined {
    if (this.#isClosed) return undefined
    if (this.#pending.length > 0 && !this.#isAdmitting && this.admitPending() > 0) return AT_CAPACITY
    return this.#picker.pick(hashKey, tried)
  }

  /** Whether the upstream that has just redirected a request may have it again, without a pick. */
  canReuse (upstream: Upstream): boolean {
    if (this.#isClosed || this.#pending.length > 0) return false
    return upstream.weight > 0 && !upstream.isAtCapacity && this.upstreams.includes(upstream)
  }

  /** A request is sent to an upstream. @returns whether its result decides if an ejected upstream returns */
  acquire (upstream: Upstream): boolean {
    upstream.inFlight++
    return upstream.outlier?.begin(this.#now()) ?? false
  }

  /** The connection of a request is free again, or has ended. */
  release (upstream: Upstream): void {
    upstream.inFlight--
    this.admitPending()
  }

  /** The result of a request; once more when its response broke off. */
  recordResult (upstream: Upstream, result: Result, isProbe: boolean): void {
    this.#health.recordResult(upstream, result, isProbe)
  }

  /**
   * How long an upstream took, for the `ewma` balancer.
   * @param latency - milliseconds to the head of the response, or to the failure
   */
  recordLatency (upstream: Upstream, latency: number, isFailure: boolean): void {
    if (this.#location.balancer === 'ewma') observe(upstream.latency, latency, isFailure, this.#now())
  }

  /** The result of a health check of the upstream's address. */
  recordProbe (upstream: Upstream, hasPassed: boolean, change: 'up' | 'down' | undefined): void {
    this.#health.recordProbe(upstream, hasPassed, change)
  }

  /**
   * Adds a request to the pending queue, after `AT_CAPACITY`.
   * @returns whether `maxPending` allowed it; then `proceed` is called once, unless it leaves the queue before
   */
  enqueue (request: PendingRequest): boolean {
    if (this.#pending.length >= this.#location.limits.maxPending * this.#picker.eligible) return false
    this.#pending.add(request)
    return true
  }

  /** Takes a request out of the pending queue, without calling it. */
  dequeue (request: PendingRequest): void {
    this.#pending.remove(request)
  }

  /** Lets pending requests proceed in their order, while upstreams have capacity. @returns how many still wait */
  admitPending (): number {
    if (this.#isAdmitting) return this.#pending.length
    this.#isAdmitting = true
    try {
      for (let request = this.#pending.first; request !== undefined; request = this.#pending.first) {
        const upstream = this.pick(request.hashKey)
        if (upstream === AT_CAPACITY) break
        this.#pending.remove(request)
        request.proceed(upstream)
      }
    } finally {
      this.#isAdmitting = false
    }
    return this.#pending.length
  }

  /**
   * Other upstreams, or other weights. An address that stays keeps its state; one that is gone gets no new requests and
   * finishes those that it has; a new one begins with a slow start.
   */
  update (targets: readonly UpstreamTarget[], probeOf: ProbeFinder): void {
    this.#upstreams.update(targets, probeOf, this.#now())
    this.#health.unejectLast()
    this.admitPending()
  }

  /** No request gets an upstream from now on; pending ones are failed by the dispatcher. */
  close (): void {
    this.#isClosed = true
  }

  /** Closes every connection, at once. */
  destroy (): Promise<void> {
    return this.#upstreams.destroy()
  }
}
