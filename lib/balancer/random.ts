import type { Balancer, Candidate } from './candidate.ts'
import { draw } from './draw.ts'

/**
 * Weighted random: remembers nothing, so that many gateways in front of the same upstreams do not fall into step.
 * @param random - a number from 0 to below 1
 * @see Envoy, "Random" load balancer
 */
export function createRandom (random: () => number): Balancer<Pick<Candidate, 'share'>> {
  return {
    pick (candidates) {
      return draw(candidates, random)
    },
  }
}
