import { Deadlines, resolutionFor } from '../collections/deadlines.ts'
import { ClientClosedError, NoUpstreamError } from '../errors.ts'
import type { Location, UpstreamTarget } from '../location.ts'
import { UpstreamPool } from '../pool/pool.ts'
import type { HealthChange } from '../pool/pool-health.ts'
import type { Upstream } from '../pool/upstream.ts'
import { sendProbe } from '../transport/probe.ts'
import { RetryBudget } from '../retry/budget.ts'
import type { Exchange } from './exchange.ts'
import { HealthChecker } from '../health/health-checker.ts'
import type { HealthSource, HealthSourceFactory, ProbeReport } from '../health/health-source.ts'
import type { DispatchContext } from './context.ts'
import { type ExchangeStep, Wait } from './exchange-step.ts'
import { Forwarding } from './forwarding.ts'
import { RedirectFollower } from './redirect-follower.ts'

/** The surroundings of a dispatcher. */
export interface DispatcherOptions {
  /** Monotonic clock, in milliseconds. */
  now?: () => number
  /** From 0 to below 1. */
  random?: () => number
  onHealthChange?: (upstream: Upstream, change: HealthChange) => void
  /** Source of its upstreams' health; by default it runs health checks of its own. */
  createHealthSource?: HealthSourceFactory | undefined
}

/** How closely the delay of a retry is kept, in milliseconds. */
const RETRY_RESOLUTION = 10

/** Dispatches the requests of one location to its upstreams: owner of its pool, its deadlines and its health checks. */
export class Dispatcher {
  readonly location: Location
  readonly pool: UpstreamPool
  readonly #context: DispatchContext
  readonly #health: HealthSource | null
  #isEndingStreams = false

  constructor (location: Location, options: DispatcherOptions = {}) {
    const { now = () => performance.now(), random = Math.random, onHealthChange = () => {} } = options
    this.location = location
    const createSource = options.createHealthSource ??
      (({ healthCheck }, onProbe) => new HealthChecker(healthCheck!, { random, sendProbe, onProbe }))
    this.#health = location.healthCheck === null ? null : createSource(location, report => this.#onProbe(report))
    this.pool = new UpstreamPool(location, { now, random, onHealthChange }, this.#probeOf)
    const resolution = resolutionFor([...Object.values(location.timeouts), location.limits.pendingTimeout])
    this.#context = {
      location,
      pool: this.pool,
      retryBudget: location.retry === null ? null : new RetryBudget(location.retry.budget),
      redirects: location.fastapiRedirect ? new RedirectFollower(location) : null,
      deadlines: new Deadlines<ExchangeStep>(now, resolution),
      retryDeadlines: new Deadlines<ExchangeStep>(now, RETRY_RESOLUTION, true),
      now,
      random,
      isEndingStreams: () => this.#isEndingStreams,
    }
  }

  /** Begins an exchange; its listener is notified of the response or the failure. */
  forward (exchange: Exchange): void {
    if (exchange.isClientGone) return exchange.fail(new ClientClosedError())
    const { request: limit } = this.location.timeouts
    if (limit !== 0) exchange.endBy(this.#context.now() + limit)
    new Forwarding(this.#context, exchange).start()
  }

  /** Starts the health checks, where they are configured, or follows those of another process. */
  startProbes (): void {
    this.#health?.start(() => this.location.upstreams)
  }

  /**
   * Other upstreams, or other weights, from now on. An address that stays keeps its state; one that is gone finishes
   * its requests.
   */
  update (targets: readonly UpstreamTarget[]): void {
    this.location.upstreams = targets
    this.pool.update(targets, this.#probeOf)
    this.#health?.refresh()
  }

  /** Graceful shutdown: event streams end between two events, WebSockets between two frames. */
  endStreams (): void {
    this.#isEndingStreams = true
    for (const step of this.#context.deadlines) step.endStream()
  }

  /** Shutdown: aborts all exchanges. */
  abortAll (): void {
    const { deadlines, retryDeadlines } = this.#context
    const steps = [...deadlines, ...retryDeadlines]
    this.pool.close()
    // Waits first: an attempt that ends would let a pending request proceed.
    const [waits, others] = [steps.filter(isWait), steps.filter(step => !isWait(step))]
    for (const step of [...waits, ...others]) step.abort(new NoUpstreamError(this.location.name))
  }

  /** Aborts all exchanges and closes every connection. */
  async destroy (): Promise<void> {
    this.#health?.stop()
    this.abortAll()
    this.#context.deadlines.close()
    this.#context.retryDeadlines.close()
    await this.pool.destroy()
  }

  #onProbe ({ state, hasPassed, change }: ProbeReport): void {
    for (const upstream of this.pool.upstreams) {
      if (upstream.probe === state) this.pool.recordProbe(upstream, hasPassed, change)
    }
  }

  readonly #probeOf = (target: UpstreamTarget) => this.#health?.stateOf(target) ?? null
}

function isWait (step: ExchangeStep): boolean {
  return step instanceof Wait
}
