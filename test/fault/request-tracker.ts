/** What arrived at all the upstreams of a test together. */
export class RequestTracker {
  /** What no upstream should ever have seen. */
  readonly violations: string[] = []
  readonly #arrivals = new Map<number, number>()
  #lastId: number

  /** @param firstId - five digits by default, so that no request is longer than another because of its id */
  constructor (firstId = 10_000) {
    this.#lastId = firstId - 1
  }

  /** A new id for a task. */
  issueId (): number {
    return ++this.#lastId
  }

  /**
   * A request has begun to arrive: its id has been seen, whatever comes of it.
   * @returns how many times it has, this one included
   */
  record (id: number): number {
    const count = this.arrivalsOf(id) + 1
    this.#arrivals.set(id, count)
    return count
  }

  arrivalsOf (id: number): number {
    return this.#arrivals.get(id) ?? 0
  }

  reportViolation (what: string): void {
    this.violations.push(what)
  }
}
