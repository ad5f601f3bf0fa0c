import type { OutlierRule } from '../configuration/types.ts'

/**
 * What a request says about its upstream:
 * - `success`: an answer below 500
 * - `error-status`: an answer of 500 and above
 * - `local-error`: no answer: refused, reset, timed out, not HTTP
 * - `neutral`: nothing was learned, for the client left
 */
export type Result = 'success' | 'error-status' | 'local-error' | 'neutral'

/** `in` takes its share, `ejected` none, `probing` has one request, which decides. */
export type OutlierState = 'in' | 'ejected' | 'probing'

export type OutlierChange = 'ejected' | 'returned'

/** Circumstances in which a request ended. */
export interface Circumstances {
  /** What `begin` said of this request. */
  isProbe: boolean
  /** Milliseconds, monotonic. */
  now: number
  /** From 0 to below 1; drawn once an ejection. */
  random: () => number
  /** Whether the pool can spare one more; asked only when there is a reason to eject. */
  mayEject: () => boolean
}

/**
 * Passive health of one upstream: failures in a row eject it for a time, which grows with every ejection and shrinks
 * again while it does well; after that, a single request decides whether it returns. Every request that began has to be
 * recorded once, or a probe would be under way for ever.
 * @see Envoy, "Outlier detection", with `split_external_local_origin_errors`; the probe is not Envoy's
 */
export class OutlierDetector {
  readonly #rule: OutlierRule
  #state: OutlierState = 'in'
  #ejectedUntil = -Infinity
  /** When a request may probe it: when its time is over, or before when the pool needs it. */
  #probedFrom = -Infinity
  /** When it was ejected, or a probe of it failed last. */
  #failedAt = -Infinity
  /** When the probe began that is under way. */
  #probedAt = -Infinity
  #returnedAt = 0
  /** How often it was ejected, less what it has been forgiven. */
  #ejections = 0
  #errorStatuses = 0
  #localErrors = 0

  constructor (rule: OutlierRule) {
    this.#rule = rule
  }

  get state (): OutlierState {
    return this.#state
  }

  /** Whether it counts as ejected in its pool; it does until a probe has succeeded. */
  get isEjected (): boolean {
    return this.#state !== 'in'
  }

  /** When its ejection time is over, in the clock's milliseconds; `-Infinity` while it is in. */
  get ejectedUntil (): number {
    return this.#ejectedUntil
  }

  /**
   * Whether it may be picked: it is in, or is due for a probe and none is under way. One that takes long, a slow upload
   * perhaps, is not waited for longer than the base time.
   */
  takesRequests (now: number): boolean {
    return this.#state === 'probing' ? this.#isOverdue(now) : now >= this.#probedFrom
  }

  /** When it failed last; the longer ago, the likelier it is well again. */
  get failedAt (): number {
    return this.#failedAt
  }

  /**
   * The pool would like to eject another one, and cannot spare it: this one is probed before its time is over, at most
   * every tenth of the base time.
   */
  hasten (now: number): void {
    if (this.#state !== 'ejected' || now - this.#failedAt < this.#rule.baseEjectionTime / 10) return
    this.#probedFrom = Math.min(this.#probedFrom, now)
  }

  /**
   * A request goes to it, whether or not it takes requests: in a panic, or when everybody else has failed, nobody asks.
   * @returns whether this is the probe, to be passed to `record`
   */
  begin (now: number): boolean {
    if (this.#state === 'in' || (this.#state === 'probing' && !this.#isOverdue(now))) return false
    this.#state = 'probing'
    this.#probedAt = now
    return true
  }

  #isOverdue (now: number): boolean {
    return now - this.#probedAt >= this.#rule.baseEjectionTime
  }

  /**
   * A request has ended. While it is out only the probe counts: the others began before, or in a panic.
   * @returns what changed, if anything; a probe that fails ejects it once more, unless it came before its time
   */
  record (result: Result, circumstances: Circumstances): OutlierChange | undefined {
    if (this.#state === 'in') return this.#watch(result, circumstances)
    if (this.#state === 'probing' && circumstances.isProbe) return this.#judge(result, circumstances)
    return undefined
  }

  /** An active health check has passed, which ends an ejection. The request that probes it is then one like any other. */
  pass (now: number): 'returned' | undefined {
    return this.isEjected ? this.#return(now) : undefined
  }

  #watch (result: Result, { now, random, mayEject }: Circumstances): 'ejected' | undefined {
    if (result === 'neutral') return undefined
    this.#count(result)
    // Not reset when the pool cannot spare it: the next failure asks again.
    if (!this.#isOutlier() || !mayEject()) return undefined
    this.#forgive(now)
    return this.#eject(now, random)
  }

  #judge (result: Result, { now, random }: Circumstances): OutlierChange | undefined {
    // Where error statuses do not matter, any answer shows that it is back.
    const hasPassed = result === 'success' || (result === 'error-status' && this.#rule.consecutive5xx === 0)
    if (hasPassed) return this.#return(now)
    if (result === 'neutral') {
      this.#state = 'ejected'
      return undefined
    }
    if (now >= this.#ejectedUntil) return this.#eject(now, random)
    this.#wait(now)
    return undefined
  }

  /** An answer, whatever it says, shows that the connection works; a lost connection says nothing about the answers. */
  #count (result: Exclude<Result, 'neutral'>): void {
    this.#localErrors = result === 'local-error' ? this.#localErrors + 1 : 0
    if (result === 'success') this.#errorStatuses = 0
    if (result === 'error-status') this.#errorStatuses++
  }

  #isOutlier (): boolean {
    const { consecutive5xx, consecutiveLocalErrors } = this.#rule
    return hasReached(this.#errorStatuses, consecutive5xx) || hasReached(this.#localErrors, consecutiveLocalErrors)
  }

  /** One ejection less for every base time that it was in. */
  #forgive (now: number): void {
    const forgiven = Math.floor((now - this.#returnedAt) / Math.max(1, this.#rule.baseEjectionTime))
    this.#ejections = Math.max(0, this.#ejections - forgiven)
  }

  #eject (now: number, random: () => number): 'ejected' {
    const { baseEjectionTime, maxEjectionTime } = this.#rule
    // Counted no further than it has an effect, so that a day's outage is not held against it for hours.
    if (this.#ejections * baseEjectionTime < maxEjectionTime) this.#ejections++
    const time = Math.min(this.#ejections * baseEjectionTime, maxEjectionTime)
    // Up to a tenth less, so that upstreams that failed together do not come back together, and the maximum holds.
    this.#ejectedUntil = now + time * (0.9 + 0.1 * random())
    this.#wait(now)
    this.#errorStatuses = 0
    this.#localErrors = 0
    return 'ejected'
  }

  #wait (now: number): void {
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

/** @param threshold - 0 is never reached */
function hasReached (count: number, threshold: number): boolean {
  return threshold > 0 && count >= threshold
}
