/** How often somebody may do something. */
export interface Pace {
  times: number
  /** In milliseconds. */
  within: number
}

/**
 * Watches that somebody keeps to a pace.
 * @param now - clock, in milliseconds
 * @returns called each time: whether that was still in time
 */
export function keepPace ({ times, within }: Pace, now: () => number): () => boolean {
  const last: number[] = []
  return () => {
    const time = now()
    last.push(time)
    return last.length <= times || time - last.shift()! > within
  }
}
