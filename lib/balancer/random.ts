import type { Balancer, Candidate } from './candidate.ts'
import { draw } from './draw.ts'

/**
 * Weighted random: keeps no state, so that many gateways in front of the same upstreams do not synchronise.
 * @param random - from 0 to below 1
 * @see Envoy, "Random" load balancer
 */
export function createRandom (random: () => number): Balancer<Pick<Candidate, 'share'>> {
  return {
    pick (candidates) {
      return draw(candidates, random)
    },
  }
}
