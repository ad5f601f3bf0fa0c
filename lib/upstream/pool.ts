import type { Balancer } from '../balancer/candidate.ts'
import { createBalancer } from '../balancer/create-balancer.ts'
import { observe } from '../balancer/peak-ewma.ts'
import { isPanicking, mayEject } from '../health/ejection-quota.ts'
import type { ProbeState } from '../health/probe-state.ts'
import type { Location, UpstreamTarget } from '../location/types.ts'
import type { Outcome } from './outcome.ts'
import { Upstream } from './upstream.ts'
import { WaitingLine } from './waiting-line.ts'

/** Who asks for an upstream. */
export interface Asker {
  /** What of the request decides, where the balancer hashes. */
  hashKey: string | undefined
  /** Who has been asked already; somebody else is wanted. */
  tried: readonly Upstream[]
}

/** Who waits for an upstream. */
export interface Waiter extends Asker {
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
  #upstreams: readonly Upstream[] = []
  /** Those that have left, and still finish something. */
  readonly #leaving = new Set<Upstream>()
  /** How many the last pick had to choose from, the full ones included. */
  #eligible = 0
  #isAdmitting = false

  /** @param probeOf - the state of an address that is probed; `null` for one that is not */
  constructor (location: Location, context: PoolContext, probeOf: (target: UpstreamTarget) => ProbeState | null = () => null) {
    this.#location = location
    this.#context = context
    this.#balancer = createBalancer(location.balancer, context.random, context.now)
    this.#upstreams = location.upstreams.map((target, index) => new Upstream(target, location, probeOf(target), copiesBefore(location.upstreams, index)))
  }

  get upstreams (): readonly Upstream[] {
    return this.#upstreams
  }

  get inFlight (): number {
    return [...this.#upstreams, ...this.#leaving].reduce((sum, { inFlight }) => sum + inFlight, 0)
  }

  /** Requests that wait for an upstream. */
  get pending (): number {
    return this.#waiting.length
  }

  /** Whether any upstream takes requests and is neither down nor ejected. */
  get isUsable (): boolean {
    return this.#upstreams.some(({ weight, isHealthy }) => weight > 0 && isHealthy)
  }

  /**
   * Who gets a request: the healthy ones by weight, or all of them when too few are healthy. For a request that has failed
   * with the healthy ones, the others.
   * @returns `FULL` when it has to wait (`join`), `undefined` when there is nobody
   */
  pick ({ hashKey, tried }: Asker): Upstream | typeof FULL | undefined {
    // Nobody overtakes those who wait.
    if (this.#waiting.length > 0 && !this.#isAdmitting && this.#admit() > 0) return FULL
    const now = this.#context.now()
    const isRetry = tried.length > 0
    let free = this.#shareOut(tried, !isRetry && this.#isPanicking(), now)
    // Who is said to be ill may be well again; who has just failed is not.
    if (isRetry && this.#eligible === 0) free = this.#shareOut(tried, true, now)
    if (free > 0) return this.#balancer.pick(this.#upstreams, hashKey)
    return this.#eligible > 0 ? FULL : undefined
  }

  /** A request is sent to it. @returns whether this is the one that shows whether an ejected upstream is back */
  begin (upstream: Upstream): boolean {
    upstream.inFlight++
    return upstream.outlier?.begin() ?? false
  }

  /** How an attempt went; a second time when its answer broke off. */
  outcome (upstream: Upstream, { result, latency, isProbe }: Outcome): void {
    const { now, random } = this.#context
    const time = now()
    if (this.#location.balancer === 'ewma' && result !== 'neutral') observe(upstream.latency, latency, result !== 'success', time)
    const change = upstream.outlier?.record(result, { isProbe, now: time, random, mayEject: () => this.#maySpareOne(time) })
    if (change !== undefined) this.#note(upstream, change)
  }

  /** An attempt has ended, and its connection is free for the next. */
  release (upstream: Upstream): void {
    upstream.inFlight--
    if (this.#waiting.length > 0) this.#admit()
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

  /**
   * Other upstreams, or other weights. An address that stays keeps all that is known of it; one that is gone gets no new
   * requests and finishes what it has; a new one joins with a slow start.
   */
  update (targets: readonly UpstreamTarget[], probeOf: (target: UpstreamTarget) => ProbeState | null): void {
    const known = [...this.#upstreams]
    this.#upstreams = targets.map((target, index) => this.#keep(known, target) ?? this.#welcome(target, probeOf(target), copiesBefore(targets, index)))
    for (const upstream of known) this.#dismiss(upstream)
    if (this.#waiting.length > 0) this.#admit()
  }

  /** Closes every connection, at once. */
  async destroy (): Promise<void> {
    await Promise.all([...this.#upstreams, ...this.#leaving].map(({ connections }) => connections.destroy()))
  }

  /** Gives every upstream its share of the next pick. @returns how many have one */
  #shareOut (tried: readonly Upstream[], ignoresHealth: boolean, now: number): number {
    let free = 0
    this.#eligible = 0
    for (const upstream of this.#upstreams) {
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
    for (const { weight, isHealthy } of this.#upstreams) {
      if (weight === 0) continue
      members++
      if (isHealthy) healthy++
    }
    return isPanicking(healthy, members, outlierDetection.panicThreshold)
  }

  /** When there are too many out already, the one that has been out for the longest may well be better than this one. */
  #maySpareOne (now: number): boolean {
    const members = this.#upstreams.filter(({ weight }) => weight > 0)
    const ejected = members.flatMap(({ outlier }) => outlier?.isEjected === true ? outlier : [])
    if (mayEject(ejected.length, members.length, this.#location.outlierDetection!.maxEjectionPercent)) return true
    ejected.sort((a, b) => a.failedAt - b.failedAt)[0]?.hasten(now)
    return false
  }

  #note (upstream: Upstream, change: HealthChange): void {
    const isBack = change === 'up' || change === 'returned'
    if (isBack) upstream.startedAt = this.#context.now()
    this.#context.onHealthChange(upstream, change)
    if (isBack && this.#waiting.length > 0) this.#admit()
  }

  /** Lets in who waits, as long as there are places. @returns how many still wait */
  #admit (): number {
    this.#isAdmitting = true
    for (let waiter = this.#waiting.first; waiter !== undefined; waiter = this.#waiting.first) {
      const upstream = this.pick(waiter)
      if (upstream === FULL) break
      this.#waiting.leave(waiter)
      waiter.proceed(upstream)
    }
    this.#isAdmitting = false
    return this.#waiting.length
  }

  /** Takes the upstream with this address out of a list. One that is to be reached in another way is another one. */
  #keep (known: Upstream[], target: UpstreamTarget): Upstream | undefined {
    const index = known.findIndex(upstream => isSame(upstream.target, target))
    if (index === -1) return undefined
    const [upstream] = known.splice(index, 1)
    upstream!.weight = target.weight
    return upstream
  }

  #welcome (target: UpstreamTarget, probe: ProbeState | null, copy: number): Upstream {
    const upstream = new Upstream(target, this.#location, probe, copy)
    upstream.startedAt = this.#context.now()
    return upstream
  }

  #dismiss (upstream: Upstream): void {
    this.#leaving.add(upstream)
    const forget = () => { this.#leaving.delete(upstream) }
    upstream.connections.close().then(forget, forget)
  }
}

function copiesBefore (targets: readonly UpstreamTarget[], index: number): number {
  return targets.slice(0, index).filter(({ url }) => url === targets[index]!.url).length
}

function isSame (a: UpstreamTarget, b: UpstreamTarget): boolean {
  return a.url === b.url && a.ca === b.ca && a.insecure === b.insecure
}
