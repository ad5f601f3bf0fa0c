import type { Balancer, Candidate } from './candidate.ts'
import { draw } from './random.ts'

/**
 * Weighted rendezvous hashing: requests with the same key go to the same upstream. Every candidate has a number for the
 * key, and the highest wins. An upstream that is removed loses only its own keys, to the others by their shares; one
 * that returns gets the same keys back; a changed share moves the difference. A request without a key is drawn at
 * random.
 *
 * The numbers are not secret: a client that can choose its key can choose its upstream.
 * @param random - from 0 to below 1
 * @see Thaler and Ravishankar, "A Name-Based Mapping Scheme for Rendezvous", 1996; Schindelhauer and Schomaker,
 *   "Weighted Distributed Hash Tables", 2005, for the logarithmic method
 */
export function createRendezvous (random: () => number): Balancer<Pick<Candidate, 'share' | 'seed'>> {
  return {
    pick (candidates, key) {
      if (key === undefined) return draw(candidates, random)
      const hash = hashText(key)
      let best: typeof candidates[number] | undefined
      let highest = 0
      for (const candidate of candidates) {
        const score = candidate.share / -Math.log(toFraction(mix(hash ^ candidate.seed)))
        if (score <= highest) continue
        best = candidate
        highest = score
      }
      return best
    },
  }
}

/**
 * Hash of a request's key, or of an upstream's URL for its seed.
 * @returns a 32-bit integer
 * @see Fowler, Noll and Vo, FNV-1a, here over UTF-16 units; its low bits are weak, hence the mixing
 */
export function hashText (text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return mix(hash)
}

/** Every bit of the result depends on every bit of the input. @see Appleby, MurmurHash3, `fmix32` */
function mix (value: number): number {
  let hash = Math.imul(value ^ value >>> 16, 0x85ebca6b)
  hash = Math.imul(hash ^ hash >>> 13, 0xc2b2ae35)
  return hash ^ hash >>> 16
}

/** A fraction of 32 bits; neither 0 nor 1, because their logarithms cannot be divisors. */
function toFraction (hash: number): number {
  return ((hash >>> 0) + 0.5) / 2 ** 32
}
