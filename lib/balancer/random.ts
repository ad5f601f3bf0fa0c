import type { Balancer, Candidate } from './candidate.ts'

type Drawable = Pick<Candidate, 'share'>

/**
 * Weighted random draw: each candidate with the probability `share` / Σshare.
 * @param random - from 0 to below 1
 * @param except - a candidate that must not be drawn, for a second draw
 * @returns `undefined` when no share is positive
 */
export function draw<T extends Drawable> (candidates: readonly T[], random: () => number, except?: T): T | undefined {
  let total = 0
  for (const candidate of candidates) if (candidate !== except) total += candidate.share
  let rest = random() * total
  let drawn: T | undefined
  for (const candidate of candidates) {
    if (candidate === except || candidate.share === 0) continue
    // Rounding can leave a positive rest after the last candidate, which is then the one drawn.
    drawn = candidate
    rest -= candidate.share
    if (rest < 0) break
  }
  return drawn
}

/**
 * The cheaper of two distinct weighted draws, or the first when both cost the same, so that a pool without differences
 * follows its weights.
 * @param costOf - cost of a candidate, compared with all candidates
 * @param margin - factor by which the second has to be cheaper than the first
 * @see Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001
 */
export function drawCheaper<Seen extends Drawable, T extends Seen> (
  candidates: readonly T[],
  random: () => number,
  costOf: (candidate: Seen, candidates: readonly Seen[]) => number,
  margin = 1
): T | undefined {
  const first = draw(candidates, random)
  if (first === undefined) return undefined
  const second = draw(candidates, random, first)
  if (second === undefined) return first
  return costOf(second, candidates) * margin < costOf(first, candidates) ? second : first
}

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
