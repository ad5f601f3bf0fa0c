/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
export function createRandom (seed: number): () => number {
  let state = seed >>> 0
  return function random () {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A whole number from `from` to `to`, both included. */
export function between (random: () => number, from: number, to: number): number {
  return from + Math.floor(random() * (to - from + 1))
}

/** One of a list. */
export function oneOf<T> (random: () => number, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)]!
}

/**
 * The seed of this run, from `FAULT_SEED` when that is set: what failed with a seed can be tried again with it.
 * Otherwise a fixed one, so that a run in CI is like the one before.
 */
export function seedOf (environment: NodeJS.ProcessEnv): number {
  return Number(environment.FAULT_SEED ?? 4)
}
