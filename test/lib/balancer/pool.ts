import type { Candidate } from '../../../lib/balancer/candidate.ts'
import { createLatency } from '../../../lib/balancer/ewma.ts'
import { hashText } from '../../../lib/balancer/rendezvous.ts'

/** A candidate whose state tests set. */
export type Fake = { -readonly [Key in keyof Candidate]: Candidate[Key] } & { readonly name: string }

/** Candidates by name, idle and without history. */
export function poolOf (shares: Record<string, number>): Fake[] {
  return Object.entries(shares).map(([name, share]) => ({
    name, share, score: 0, inFlight: 0, latency: createLatency(), seed: hashText(`http://${name}.internal:8000`),
  }))
}

/** Each with the same share. */
export function wideOf (count: number): Fake[] {
  return poolOf(Object.fromEntries(Array.from({ length: count }, (_, index) => [`u${index}`, 1])))
}

/** A random source that is the same in every run. @see Steele, Lea and Flood, SplitMix, here with 32 bits */
export function createRandom (seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x9e3779b9) | 0
    let mixed = Math.imul(state ^ state >>> 16, 0x21f0aaad)
    mixed = Math.imul(mixed ^ mixed >>> 15, 0x735a2d97)
    return ((mixed ^ mixed >>> 15) >>> 0) / 2 ** 32
  }
}

/** How often each is picked, by name; `-` when nobody is. */
export function countPicks (count: number, pick: (index: number) => Pick<Fake, 'name'> | undefined): Record<string, number> {
  const counts: Record<string, number> = {}
  for (let index = 0; index < count; index++) {
    const name = pick(index)?.name ?? '-'
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

/** Names whose part of all picks is not the expected one, and by how much; empty when all are. */
export function offShare (
  counts: Record<string, number>,
  shares: Record<string, number>,
  tolerance: number
): Record<string, number> {
  const picks = sumOf(counts)
  const total = sumOf(shares)
  const off = Object.keys({ ...counts, ...shares }).map(
    name => [name, (counts[name] ?? 0) / picks - (shares[name] ?? 0) / total] as const
  )
  return Object.fromEntries(off.filter(([, difference]) => Math.abs(difference) > tolerance))
}

function sumOf (numbers: Record<string, number>): number {
  return Object.values(numbers).reduce((sum, number) => sum + number, 0)
}
