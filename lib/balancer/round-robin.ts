/** What round robin needs to know of an upstream. */
export interface Candidate {
  /** Share of the picks, relative to the others; 0 is never picked. */
  readonly weight: number
  /** Its running balance, kept between picks. */
  score: number
}

/**
 * Next upstream by smooth weighted round robin: while the pool does not change, every run of Σweight picks holds each
 * upstream exactly `weight` times, spread out. Allocates nothing.
 * @param pool - upstreams able to take a request; each `score` is updated in place
 * @returns the picked upstream, or `undefined` when no weight is positive
 * @see nginx, `ngx_http_upstream_round_robin.c`
 */
export function pickRoundRobin<T extends Candidate> (pool: readonly T[]): T | undefined {
  let total = 0
  let best: T | undefined
  for (const candidate of pool) {
    if (candidate.weight === 0) continue
    candidate.score += candidate.weight
    total += candidate.weight
    if (best === undefined || candidate.score > best.score) best = candidate
  }
  if (best !== undefined) best.score -= total
  return best
}
