/** How often a client may do something. */
export interface RateLimit {
  times: number
  /** In milliseconds. */
  within: number
}

/**
 * Counts calls against a limit.
 * @param now - clock, in milliseconds
 * @returns called each time: whether that is within the limit
 */
export function limitRate ({ times, within }: RateLimit, now: () => number): () => boolean {
  const last: number[] = []
  return () => {
    const time = now()
    last.push(time)
    return last.length <= times || time - last.shift()! > within
  }
}
