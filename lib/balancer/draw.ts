import type { Candidate } from './candidate.ts'

type Drawable = Pick<Candidate, 'share'>

/**
 * Weighted random draw: each candidate with the probability `share` / Σshare.
 * @param random - a number from 0 to below 1
 * @param except - who must not be drawn, for a second draw
 * @returns `undefined` when no share is positive
 */
export function draw<T extends Drawable> (candidates: readonly T[], random: () => number, except?: T): T | undefined {
  let total = 0
  for (const candidate of candidates) if (candidate !== except) total += candidate.share
  let rest = random() * total
  let drawn: T | undefined
  for (const candidate of candidates) {
    if (candidate === except || candidate.share === 0) continue
    // Remembered: rounding can leave a rest behind the last one.
    drawn = candidate
    rest -= candidate.share
    if (rest < 0) break
  }
  return drawn
}

/**
 * The cheaper of two distinct weighted draws; of equals the first, so that a pool without a difference follows its
 * weights.
 * @param costOf - of a candidate, among all
 * @param margin - how many times cheaper the second has to be than the first
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
