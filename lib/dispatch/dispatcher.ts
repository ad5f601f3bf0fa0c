import { ClientClosedError, NoUpstreamError } from '../errors.ts'
import type { Location, UpstreamTarget } from '../location/types.ts'
import { RetryBudget } from '../retry/budget.ts'
import type { ForwardingContext } from './context.ts'
import { Deadlines, resolutionFor } from '../collections/deadlines.ts'
import type { Exchange } from '../upstream/exchange.ts'
import { Forwarding } from './forwarding.ts'
import { HealthChecker } from '../upstream/health-checker.ts'
import type { HealthSource, HealthSourceFactory, ProbeReport } from '../upstream/health-source.ts'
import { type HealthChange, UpstreamPool } from '../pool/pool.ts'
import { RedirectFollower } from './redirect-follower.ts'
import { Stop, type UnderWay } from './exchange-step.ts'
import type { Upstream } from '../pool/upstream.ts'

/** What a dispatcher takes from its surroundings. */
export interface DispatcherOptions {
  /** Monotonic clock, in milliseconds. */
  now?: () => number
  /** From 0 to below 1. */
  random?: () => number
  onHealthChange?: (upstream: Upstream, change: HealthChange) => void
  /** Who finds out about the health of its upstreams; it does so by itself by default. */
  createHealthSource?: HealthSourceFactory | undefined
}

/** How closely the pauses between two tries are watched, in milliseconds. */
const PAUSE_RESOLUTION = 10

/** Forwards the requests of one location: it picks an upstream, sends the request there, and reports what became of it. */
export class Dispatcher {
  readonly location: Location
  readonly pool: UpstreamPool
  readonly #context: ForwardingContext
  readonly #health: HealthSource | null
  #isEndingStreams = false

  constructor (location: Location, { now = () => performance.now(), random = Math.random, onHealthChange = () => {}, createHealthSource }: DispatcherOptions = {}) {
    this.location = location
    const createSource = createHealthSource ?? (({ healthCheck }, tell) => new HealthChecker(healthCheck!, random, tell))
    this.#health = location.healthCheck === null ? null : createSource(location, report => this.#hear(report))
    this.pool = new UpstreamPool(location, { now, random, onHealthChange }, this.#probeOf)
    this.#context = {
      location,
      pool: this.pool,
      budget: location.retry === null ? null : new RetryBudget(location.retry.budget),
      redirects: location.fastapiRedirect ? new RedirectFollower(location) : null,
      deadlines: new Deadlines<UnderWay>(now, resolutionFor([...Object.values(location.timeouts), location.limits.pendingTimeout])),
      pauses: new Deadlines<UnderWay>(now, PAUSE_RESOLUTION, true),
      now,
      random,
      isEndingStreams: () => this.#isEndingStreams,
    }
  }

  /** Begins an exchange; what becomes of it, its listener is told. */
  forward (exchange: Exchange): void {
    if (exchange.isClientGone) return exchange.fail(new ClientClosedError())
    const { request: limit } = this.location.timeouts
    if (limit !== 0) exchange.endsAt = this.#context.now() + limit
    new Forwarding(this.#context, exchange).start()
  }

  /** What is under way: attempts, and requests that wait. */
  get size (): number {
    return this.#context.deadlines.size + this.#context.pauses.size
  }

  /** Begins to probe the upstreams, where that is configured, or to hear of their probes. */
  startProbes (): void {
    this.#health?.start(() => this.location.upstreams)
  }

  /**
   * Other upstreams, or other weights, from now on. An address that stays keeps its state; one that is gone finishes what
   * it has.
   */
  update (targets: readonly UpstreamTarget[]): void {
    this.location.upstreams = targets
    this.pool.update(targets, this.#probeOf)
    this.#health?.refresh()
  }

  /** The gateway stops: what has no end of its own ends, an event stream between two events, a WebSocket between two frames. */
  endStreams (): void {
    this.#isEndingStreams = true
    for (const each of this.#context.deadlines) each.endStream()
  }

  /** Ends everything under way: the gateway stops. */
  abortAll (): void {
    const { deadlines, pauses } = this.#context
    const underWay = [...deadlines, ...pauses]
    this.pool.close()
    // Who waits comes first, so that it is not let in by who ends.
    const [waiting, attempts] = [underWay.filter(isWaiting), underWay.filter(each => !isWaiting(each))]
    for (const each of [...waiting, ...attempts]) each.abort(new NoUpstreamError(this.location.name))
  }

  /** Ends everything under way and closes every connection. */
  async destroy (): Promise<void> {
    this.#health?.stop()
    this.abortAll()
    this.#context.deadlines.close()
    this.#context.pauses.close()
    await this.pool.destroy()
  }

  #hear ({ state, hasPassed, change }: ProbeReport): void {
    for (const upstream of this.pool.upstreams) {
      if (upstream.probe === state) this.pool.probed(upstream, hasPassed, change)
    }
  }

  readonly #probeOf = (target: UpstreamTarget) => this.#health?.stateOf(target) ?? null
}

function isWaiting (each: UnderWay): boolean {
  return each instanceof Stop
}
