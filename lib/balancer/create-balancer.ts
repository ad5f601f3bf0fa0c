import type { BalancerRule } from '../location.ts'
import type { Balancer } from './candidate.ts'
import { createEwma } from './ewma.ts'
import { createLeastRequest } from './least-request.ts'
import { createRandom } from './random.ts'
import { createRendezvous } from './rendezvous.ts'
import { createRoundRobin } from './round-robin.ts'

/**
 * Makes the balancer that a rule names, for one pool: round robin keeps state.
 * @param random - from 0 to below 1
 * @param now - milliseconds, on the clock of the observed latencies
 */
export function createBalancer (rule: BalancerRule, random: () => number, now: () => number): Balancer {
  switch (rule) {
    case 'round-robin': return createRoundRobin()
    case 'least-request': return createLeastRequest(random)
    case 'ewma': return createEwma(random, now)
    case 'random': return createRandom(random)
    default: return createRendezvous(random)
  }
}
