/** Milliseconds that every wait has. */
const SHORTEST = 25
const LONGEST = 250

/**
 * How long to wait before another try on the same upstream. Full jitter: any time between the shortest wait and a
 * ceiling that doubles from 50 to 250 ms, so that those who failed together do not come back together.
 * @param retry - 1 for the first
 * @param random - a number from 0 up to 1, without 1
 * @returns milliseconds, from 25 to 250
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/, which draws from 0 on
 */
export function backoff (retry: number, random: () => number): number {
  const ceiling = Math.min(LONGEST, SHORTEST * 2 ** retry)
  return SHORTEST + random() * (ceiling - SHORTEST)
}
