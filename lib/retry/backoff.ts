/** Bounds of a delay, in milliseconds. */
const MIN_DELAY = 25
const MAX_DELAY = 250

/**
 * Draws the delay before a retry on the same upstream. Full jitter: any time between the shortest delay and a ceiling
 * that doubles from 50 to 250 ms, so that requests that failed together are not retried together.
 * @param retry - 1 for the first
 * @param random - from 0 to below 1
 * @returns milliseconds, from 25 to 250
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/, which draws from 0
 */
export function drawBackoff (retry: number, random: () => number): number {
  const ceiling = Math.min(MAX_DELAY, MIN_DELAY * 2 ** retry)
  return MIN_DELAY + random() * (ceiling - MIN_DELAY)
}
