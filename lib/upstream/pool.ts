import { pickRoundRobin } from '../balancer/round-robin.ts'
import type { Location } from '../location/types.ts'
import type { Outcome } from './attempt.ts'
import { openConnections, Upstream } from './upstream.ts'

/**
 * All upstreams of a location. It is asked at three moments of every attempt: who is next (`pick`), it starts
 * (`begin`), this is how it ended (`outcome`). Balancers, health and limits are decided here and nowhere else.
 */
export class UpstreamPool {
  readonly upstreams: readonly Upstream[]

  constructor (location: Location) {
    this.upstreams = location.upstreams.map(target => new Upstream(target, openConnections(target, location.timeouts)))
  }

  /** @returns `undefined` when none takes requests */
  pick (): Upstream | undefined {
    return this.upstreams.length === 1 ? onlyOne(this.upstreams[0]!) : pickRoundRobin(this.upstreams)
  }

  begin (upstream: Upstream): void {
    upstream.inFlight++
  }

  outcome (upstream: Upstream, _outcome: Outcome): void {
    upstream.inFlight--
  }

  get inFlight (): number {
    return this.upstreams.reduce((sum, { inFlight }) => sum + inFlight, 0)
  }

  /** Closes every connection, at once. */
  async destroy (): Promise<void> {
    await Promise.all(this.upstreams.map(({ connections }) => connections.destroy()))
  }
}

function onlyOne (upstream: Upstream): Upstream | undefined {
  return upstream.weight === 0 ? undefined : upstream
}
