import type { PeakEwma } from './peak-ewma.ts'

/** What a balancer sees of an upstream. */
export interface Candidate {
  /**
   * Share of the picks now, relative to the others: its weight while it is available, less while it starts slowly;
   * 0 is not picked.
   */
  readonly share: number
  /** Balance of round robin, kept between picks. */
  score: number
  /** Requests, streams and sockets that it has been given and that have not ended. */
  readonly inFlight: number
  /** How fast it answers, for ewma. */
  readonly latency: PeakEwma
  /** Hash of its identity, for rendezvous hashing. */
  readonly seed: number
}

/**
 * Decides who gets a request. A pick takes time linear in the number of candidates and allocates nothing.
 * @typeParam Seen - what it reads of each
 */
export interface Balancer<Seen extends Partial<Candidate> = Candidate> {
  /**
   * @param candidates - always in the same order; who is out has share 0, and may be left out
   * @param key - what requests of one kind have in common, for `hash`; `undefined` when this one has none
   * @returns `undefined` when no share is positive
   */
  pick<T extends Seen> (candidates: readonly T[], key?: string): T | undefined
}
