import type { Balancer, Candidate } from './candidate.ts'
import { drawCheaper } from './random.ts'

type Loaded = Pick<Candidate, 'share' | 'inFlight'>

/**
 * Least request: of two weighted draws the one with fewer requests in flight for its share. Comparing two is nearly as
 * good as comparing all, and keeps many gateways from picking the same idle upstream at once.
 * @param random - from 0 to below 1
 * @see Envoy, "Weighted least request" load balancer, and nginx, `random two least_conn`
 */
export function createLeastRequest (random: () => number): Balancer<Loaded> {
  return {
    pick (candidates) {
      return drawCheaper(candidates, random, loadOf)
    },
  }
}

function loadOf ({ inFlight, share }: Loaded): number {
  return inFlight / share
}
