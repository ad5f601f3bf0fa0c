import type { Deadlines } from '../collections/deadlines.ts'
import type { Location } from '../location.ts'
import type { UpstreamPool } from '../pool/pool.ts'
import type { Upstream } from '../pool/upstream.ts'
import type { RetryBudget } from '../retry/budget.ts'
import type { ExchangeStep } from './exchange-step.ts'
import type { RedirectFollower } from './redirect-follower.ts'

/** Shared by all exchanges of a location. */
export interface DispatchContext {
  location: Location
  pool: UpstreamPool
  /** `null` without retries. */
  retryBudget: RetryBudget | null
  /** `null` when redirects are passed on to the client. */
  redirects: RedirectFollower | null
  /** Of attempts, tunnels, and requests in the pending queue. */
  deadlines: Deadlines<ExchangeStep>
  /** Of requests that wait for their next retry: a finer clock. */
  retryDeadlines: Deadlines<ExchangeStep>
  now: () => number
  random: () => number
  /** The gateway shuts down: event streams and tunnels end as soon as they have begun. */
  isEndingStreams: () => boolean
}

/** Sends an exchange, once it is known where to. */
export interface Sender {
  /** To any upstream: now, or when one has capacity. */
  send (): void
  /** @param upstream - `undefined` when none is eligible, which fails the exchange */
  sendTo (upstream: Upstream | undefined): void
}

/** When a request that begins to wait for capacity now exceeds `pendingTimeout`, in milliseconds of the clock. */
export function getPendingDeadline ({ location: { limits }, now }: DispatchContext): number {
  return limits.pendingTimeout === 0 ? Infinity : now() + limits.pendingTimeout
}
