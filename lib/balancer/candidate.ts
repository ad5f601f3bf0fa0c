/** Latency of an upstream: a moving average that follows a rise at once and a fall slowly. */
export interface Latency {
  /** Milliseconds, at `observedAt`. */
  estimate: number
  /** Milliseconds on the clock of `now`; `-Infinity` before the first observation. */
  observedAt: number
}

/** The properties of an upstream that balancers read. */
export interface Candidate {
  /**
   * Current share of the picks, relative to the other candidates: the weight of an available upstream, less during its
   * slow start; with 0 it is not picked.
   */
  readonly share: number
  /** State of round robin, kept between picks; written by that balancer only. */
  score: number
  /** Requests, streams and tunnels under way at this upstream. */
  readonly inFlight: number
  /** Its response times, for `ewma`. */
  readonly latency: Latency
  /** Hash of its URL, for rendezvous hashing. */
  readonly seed: number
}

/**
 * Decides which upstream gets a request. A pick takes time linear in the number of candidates and allocates nothing.
 * @typeParam Seen - the properties that it reads of each candidate
 */
export interface Balancer<Seen extends Partial<Candidate> = Candidate> {
  /**
   * @param candidates - always in the same order; unavailable ones have share 0 or are left out
   * @param key - hash key of the request, for `hash`; `undefined` when it has none
   * @returns `undefined` when no share is positive
   */
  pick<T extends Seen> (candidates: readonly T[], key?: string): T | undefined
}
