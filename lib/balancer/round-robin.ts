import type { Balancer, Candidate } from './candidate.ts'

/**
 * Smooth weighted round robin: while the shares do not change, every run of Σshare picks holds each upstream exactly
 * `share` times, spread out. When one is removed, returns or starts slowly, the others keep their ratio from the next
 * pick on, because scores are scaled to picks. nginx keeps them in weights: when the heavy one of 100:1:1 is removed,
 * the light ones do not alternate, but one of them first gets about 50 picks in a row.
 *
 * Each `score` is updated in place; it begins at 0 and belongs to this balancer.
 * @see nginx, `ngx_http_upstream_round_robin.c`
 */
export function createRoundRobin (): Balancer<Pick<Candidate, 'share' | 'score'>> {
  // One pick, in the unit of the scores. The first value does not matter, because scores begin at 0.
  let unit = 1
  return {
    pick (candidates) {
      let total = 0
      for (const { share } of candidates) total += share
      if (total > 0 && total !== unit) {
        for (const candidate of candidates) candidate.score *= total / unit
        unit = total
      }
      let best: typeof candidates[number] | undefined
      for (const candidate of candidates) {
        if (candidate.share === 0) continue
        candidate.score += candidate.share
        if (best === undefined || candidate.score > best.score) best = candidate
      }
      if (best !== undefined) best.score -= total
      return best
    },
  }
}
