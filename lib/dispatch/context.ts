import type { Location } from '../location/types.ts'
import type { RetryBudget } from '../retry/budget.ts'
import type { Deadlines } from '../collections/deadlines.ts'
import type { UpstreamPool } from '../pool/pool.ts'
import type { RedirectFollower } from './redirect-follower.ts'
import type { UnderWay } from './exchange-step.ts'

/** What all exchanges of a location share. */
export interface ForwardingContext {
  location: Location
  pool: UpstreamPool
  /** `null` when requests are sent once. */
  budget: RetryBudget | null
  /** `null` when redirects are the client's. */
  redirects: RedirectFollower | null
  /** Attempts, and requests that wait for a place. */
  deadlines: Deadlines<UnderWay>
  /** Requests that wait for their next try: a finer clock. */
  pauses: Deadlines<UnderWay>
  now: () => number
  random: () => number
  /** The gateway stops: an event stream is not begun any more. */
  isEndingStreams: () => boolean
}

/** When a request that begins to wait for a place now has waited long enough, in milliseconds of the clock. */
export function waitsUntil ({ location: { limits }, now }: ForwardingContext): number {
  return limits.pendingTimeout === 0 ? Infinity : now() + limits.pendingTimeout
}
