import type { SlowStartRule } from '../location.ts'

/**
 * The part of its weight that an upstream has so far: a straight line from `minWeightPercent` to the whole.
 * @param since - when it was added or became available again, in milliseconds; `-Infinity` when it is there from the
 *   start
 * @param now - milliseconds on the same clock
 * @returns 0 to 1, a factor to its weight
 * @see Envoy, "Slow start mode", with an aggression of 1
 */
export function slowStartFactor (rule: SlowStartRule, since: number, now: number): number {
  const elapsed = Math.max(0, now - since)
  if (elapsed >= rule.window) return 1
  const start = rule.minWeightPercent / 100
  return start + (1 - start) * elapsed / rule.window
}
