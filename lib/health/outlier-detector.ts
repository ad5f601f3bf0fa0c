import type { OutlierRule } from '../location.ts'
import { EjectionBackoff, FailureStreak } from './ejection.ts'

/**
 * What a request shows about its upstream:
 * - `success`: a response below 500
 * - `error-status`: a response of 500 and above
 * - `local-error`: no response: refused, reset, timed out, not HTTP
 * - `neutral`: nothing, because the client left
 */
export type Result = 'success' | 'error-status' | 'local-error' | 'neutral'

/**
 * `in` rotation; `ejected`, without requests; `probing`, with one request under way that decides whether it returns.
 */
export type OutlierState = 'in' | 'ejected' | 'probing'

export type OutlierChange = 'ejected' | 'returned'

/** What `record` needs besides the result. */
export interface RecordContext {
  /** What `begin` returned for this request. */
  isProbe: boolean
  /** Milliseconds, monotonic. */
  now: number
  /** From 0 to below 1; called once an ejection. */
  random: () => number
  /** Whether the pool can spare one more upstream; called only when there is a reason to eject. */
  mayEject: () => boolean
}

/**
 * Passive health of one upstream: consecutive failures eject it for a time that grows with every ejection and shrinks
 * again while it does well; after that, a single request probes whether it returns. Every request passed to `begin` has
 * to be passed to `record` once, or a probe would stay under way.
 * @see Envoy, "Outlier detection", with `split_external_local_origin_errors`; the probe is not Envoy's
 */
export class OutlierDetector {
  readonly #rule: OutlierRule
  readonly #streak: FailureStreak
  readonly #backoff: EjectionBackoff
  #state: OutlierState = 'in'
  #ejectedUntil = -Infinity
  /** From when a request may probe it: the end of the ejection, or earlier when the pool needs it. */
  #probedFrom = -Infinity
  /** Time of the ejection, or of the last probe that failed. */
  #failedAt = -Infinity
  /** Start of the probe that is under way. */
  #probedAt = -Infinity
  #returnedAt = 0

  constructor (rule: OutlierRule) {
    this.#rule = rule
    this.#streak = new FailureStreak(rule)
    this.#backoff = new EjectionBackoff(rule)
  }

  get state (): OutlierState {
    return this.#state
  }

  /** Whether it counts as ejected in its pool: from the ejection until a probe has succeeded. */
  get isEjected (): boolean {
    return this.#state !== 'in'
  }

  /** End of the ejection time, in the clock's milliseconds; `-Infinity` in rotation. */
  get ejectedUntil (): number {
    return this.#ejectedUntil
  }

  /** Time of the last failure while ejected; the longer ago, the more likely the upstream has recovered. */
  get failedAt (): number {
    return this.#failedAt
  }

  /**
   * Whether it may be picked: it is in rotation, or due for a probe and none is under way. A probe that takes longer
   * than the base time, a slow upload perhaps, does not keep other requests from probing.
   */
  takesRequests (now: number): boolean {
    return this.#state === 'probing' ? this.#isOverdue(now) : now >= this.#probedFrom
  }

  /**
   * Lets the next request probe it before its ejection time is over, at most every tenth of the base time. For a pool
   * that has a reason to eject another upstream and cannot spare it.
   */
  allowEarlyProbe (now: number): void {
    if (this.#state !== 'ejected' || now - this.#failedAt < this.#rule.baseEjectionTime / 10) return
    this.#probedFrom = Math.min(this.#probedFrom, now)
  }

  /**
   * A request is sent to it. That may happen while it takes none: in a panic, or when all other upstreams have failed.
   * @returns whether this request is the probe, to be passed to `record`
   */
  begin (now: number): boolean {
    if (this.#state === 'in' || (this.#state === 'probing' && !this.#isOverdue(now))) return false
    this.#state = 'probing'
    this.#probedAt = now
    return true
  }

  /**
   * A request has ended. While ejected only the probe counts: all others began before the ejection, or in a panic.
   * @returns what changed, if anything; a failed probe ejects it once more, unless it came before the end of the
   *   ejection
   */
  record (result: Result, context: RecordContext): OutlierChange | undefined {
    if (this.#state === 'in') return this.#recordInRotation(result, context)
    if (this.#state === 'probing' && context.isProbe) return this.#recordProbe(result, context)
    return undefined
  }

  /**
   * Ends an ejection, because an active health check has passed, or because no other upstream is left. A probe that is
   * under way then counts like any other request.
   */
  uneject (now: number): 'returned' | undefined {
    return this.isEjected ? this.#return(now) : undefined
  }

  #isOverdue (now: number): boolean {
    return now - this.#probedAt >= this.#rule.baseEjectionTime
  }

  #recordInRotation (result: Result, { now, random, mayEject }: RecordContext): 'ejected' | undefined {
    if (result === 'neutral') return undefined
    this.#streak.count(result)
    // The streak goes on when the pool cannot spare it, so the next failure calls `mayEject` again.
    if (!this.#streak.isOutlier || !mayEject()) return undefined
    this.#backoff.decay(now - this.#returnedAt)
    return this.#eject(now, random)
  }

  #recordProbe (result: Result, { now, random }: RecordContext): OutlierChange | undefined {
    // Where error statuses do not count, any response shows that it has recovered.
    const hasPassed = result === 'success' || (result === 'error-status' && this.#rule.consecutive5xx === 0)
    if (hasPassed) return this.#return(now)
    if (result === 'neutral') {
      this.#state = 'ejected'
      return undefined
    }
    if (now >= this.#ejectedUntil) return this.#eject(now, random)
    this.#awaitProbe(now)
    return undefined
  }

  #eject (now: number, random: () => number): 'ejected' {
    this.#ejectedUntil = now + this.#backoff.next(random)
    this.#awaitProbe(now)
    this.#streak.reset()
    return 'ejected'
  }

  #awaitProbe (now: number): void {
    this.#state = 'ejected'
    this.#probedFrom = this.#ejectedUntil
    this.#failedAt = now
  }

  #return (now: number): 'returned' {
    this.#state = 'in'
    this.#ejectedUntil = -Infinity
    this.#probedFrom = -Infinity
    this.#returnedAt = now
    return 'returned'
  }
}
