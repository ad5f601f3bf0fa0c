import type { Balancer } from '../balancer/candidate.ts'
import { createBalancer } from '../balancer/create-balancer.ts'
import { observe } from '../balancer/peak-ewma.ts'
import { isPanicking, mayEject } from '../health/ejection-quota.ts'
import type { Location, UpstreamTarget } from '../location/types.ts'
import { Members, type ProbeFinder } from './upstream-set.ts'
import type { Outcome } from '../dispatch/outcome.ts'
import type { Upstream } from './upstream.ts'
import { type Waiting, WaitingLine } from './pending-queue.ts'

/** Who waits for an upstream. */
export interface Waiter extends Waiting {
  /** What of the request decides, where the balancer hashes. */
  hashKey: string | undefined
  /** It is its turn; `undefined` when there is nobody for it any more. */
  proceed (upstream: Upstream | undefined): void
}

/** What became of an upstream, for the log: probes found it `down` or `up`, it was `ejected` or has `returned`. */
export type HealthChange = 'down' | 'up' | 'ejected' | 'returned'

export interface PoolContext {
  /** Monotonic clock, in milliseconds. */
  now: () => number
  /** From 0 to below 1. */
  random: () => number
  onHealthChange: (upstream: Upstream, change: HealthChange) => void
}

/** There are upstreams for a request, but each of them has all that it gets. */
export const FULL = Symbol('full')

const NOBODY: readonly Upstream[] = []

/**
 * All upstreams of a location. It is asked at three moments of every attempt: who is next (`pick`), it starts
 * (`begin`), this is how it went (`outcome`), and is told when it holds its place no longer (`release`). Balancers,
 * health and limits are decided here and nowhere else.
 */
export class UpstreamPool {
  readonly #location: Location
  readonly #context: PoolContext
  readonly #balancer: Balancer
  readonly #waiting = new WaitingLine<Waiter>()
  readonly #members: Members
  /** How many the last pick had to choose from, the full ones included. */
  #eligible = 0
  #isAdmitting = false
  #isClosed = false

  constructor (location: Location, context: PoolContext, probeOf: ProbeFinder = () => null) {
    this.#location = location
    this.#context = context
    this.#balancer = createBalancer(location.balancer, context.random, context.now)
    this.#members = new Members(location.upstreams, location, probeOf)
  }

  get upstreams (): readonly Upstream[] {
    return this.#members.present
  }

  get inFlight (): number {
    return this.#members.all.reduce((sum, { inFlight }) => sum + inFlight, 0)
  }

  /** Requests that wait for an upstream. */
  get pending (): number {
    return this.#waiting.length
  }

  /** Whether any upstream takes requests and is neither down nor ejected. */
  get isUsable (): boolean {
    return this.upstreams.some(({ weight, isHealthy }) => weight > 0 && isHealthy)
  }

  /**
   * Who gets a request: the healthy ones by weight, or all of them when too few are healthy. For a request that has failed
   * with the healthy ones, the others.
   * @param hashKey - what of the request decides, where the balancer hashes
   * @param tried - who has failed it already; somebody else is wanted
   * @returns `FULL` when it has to wait (`join`), `undefined` when there is nobody
   */
  pick (hashKey?: string, tried: readonly Upstream[] = NOBODY): Upstream | typeof FULL | undefined {
    if (this.#isClosed) return undefined
    // Nobody overtakes those who wait.
    if (this.#waiting.length > 0 && !this.#isAdmitting && this.admit() > 0) return FULL
    const now = this.#context.now()
    const isRetry = tried.length > 0
    let free = this.#shareOut(tried, !isRetry && this.#isPanicking(), now)
    // Who is said to be ill may be well again; who has just failed is not.
    if (isRetry && this.#eligible === 0) free = this.#shareOut(tried, true, now)
    if (free > 0) return this.#balancer.pick(this.upstreams, hashKey)
    return this.#eligible > 0 ? FULL : undefined
  }

  /** Whether an upstream that has just answered may have the next request of the same client, too. */
  mayHaveNext (upstream: Upstream): boolean {
    return !this.#isClosed && this.#waiting.length === 0 && upstream.weight > 0 && !upstream.isFull && this.upstreams.includes(upstream)
  }

  /** A request is sent to it. @returns whether this is the one that shows whether an ejected upstream is back */
  begin (upstream: Upstream): boolean {
    upstream.inFlight++
    return upstream.outlier?.begin(this.#context.now()) ?? false
  }

  /** How an attempt went; a second time when its answer broke off. */
  outcome (upstream: Upstream, { result, isProbe }: Outcome): void {
    const { now, random } = this.#context
    const time = now()
    const change = upstream.outlier?.record(result, { isProbe, now: time, random, mayEject: () => this.#maySpareOne(time) })
    if (change !== undefined) this.#note(upstream, change)
  }

  /** How long an answer or a failure took, for the balancer that asks. */
  observe (upstream: Upstream, latency: number, isFailure: boolean): void {
    if (this.#location.balancer === 'ewma') observe(upstream.latency, latency, isFailure, this.#context.now())
  }

  /** An attempt has ended, and its connection is free for the next. */
  release (upstream: Upstream): void {
    upstream.inFlight--
    this.admit()
  }

  /** The probes of an address have passed or failed. */
  probed (upstream: Upstream, hasPassed: boolean, change: 'up' | 'down' | undefined): void {
    if (change !== undefined) this.#note(upstream, change)
    const returned = hasPassed ? upstream.outlier?.pass(this.#context.now()) : undefined
    if (returned !== undefined) this.#note(upstream, returned)
  }

  /**
   * To be called after `FULL`.
   * @returns whether there was room to wait; then `proceed` is called when it is its turn, unless it leaves before
   */
  join (waiter: Waiter): boolean {
    if (this.#waiting.length >= this.#location.limits.maxPending * this.#eligible) return false
    this.#waiting.join(waiter)
    return true
  }

  leave (waiter: Waiter): void {
    this.#waiting.leave(waiter)
  }

  /** Lets in who waits, as long as there are places. @returns how many still wait */
  admit (): number {
    if (this.#isAdmitting) return this.#waiting.length
    this.#isAdmitting = true
    try {
      for (let waiter = this.#waiting.first; waiter !== undefined; waiter = this.#waiting.first) {
        const upstream = this.pick(waiter.hashKey)
        if (upstream === FULL) break
        this.#waiting.leave(waiter)
        waiter.proceed(upstream)
      }
    } finally {
      this.#isAdmitting = false
    }
    return this.#waiting.length
  }

  /**
   * Other upstreams, or other weights. An address that stays keeps all that is known of it; one that is gone gets no new
   * requests and finishes what it has; a new one joins with a slow start.
   */
  update (targets: readonly UpstreamTarget[], probeOf: ProbeFinder): void {
    this.#members.update(targets, probeOf, this.#context.now())
    this.#pardonLast()
    this.admit()
  }

  /** Nobody gets in any more; who waits is told by others. */
  close (): void {
    this.#isClosed = true
  }

  /** Closes every connection, at once. */
  async destroy (): Promise<void> {
    await Promise.all(this.#members.all.map(({ transport }) => transport.destroy()))
  }

  /** Gives every upstream its share of the next pick. @returns how many have one */
  #shareOut (tried: readonly Upstream[], ignoresHealth: boolean, now: number): number {
    let free = 0
    this.#eligible = 0
    for (const upstream of this.upstreams) {
      upstream.share = 0
      if (upstream.weight === 0 || tried.includes(upstream)) continue
      if (!ignoresHealth && !upstream.takesRequests(now)) continue
      this.#eligible++
      if (upstream.isFull) continue
      upstream.share = upstream.weightAt(now)
      free++
    }
    return free
  }

  #isPanicking (): boolean {
    const { outlierDetection } = this.#location
    if (outlierDetection === null) return false
    let members = 0
    let healthy = 0
    for (const { weight, isHealthy } of this.upstreams) {
      if (weight === 0) continue
      members++
      if (isHealthy) healthy++
    }
    return isPanicking(healthy, members, outlierDetection.panicThreshold)
  }

  /** When there are too many out already, the one that has been out for the longest may well be better than this one. */
  #maySpareOne (now: number): boolean {
    const members = this.upstreams.filter(({ weight }) => weight > 0)
    const ejected = members.flatMap(({ outlier }) => outlier?.isEjected === true ? outlier : [])
    if (mayEject(ejected.length, members.length, this.#location.outlierDetection!.maxEjectionPercent)) return true
    ejected.sort((a, b) => a.failedAt - b.failedAt)[0]?.hasten(now)
    return false
  }

  #note (upstream: Upstream, change: HealthChange): void {
    const isBack = change === 'up' || change === 'returned'
    if (isBack) upstream.startedAt = this.#context.now()
    this.#context.onHealthChange(upstream, change)
    // Also when it is out: then it may be a panic, in which all are asked.
    this.admit()
  }

  /** The only one that is left is asked, whatever it has done. */
  #pardonLast (): void {
    const [last, another] = this.upstreams.filter(({ weight }) => weight > 0)
    if (last === undefined || another !== undefined) return
    const returned = last.outlier?.pass(this.#context.now())
    if (returned !== undefined) this.#note(last, returned)
  }
}
