/** First come, first served, and any one may leave: those who wait because every upstream has all that it gets. */
export class WaitingLine<T> {
  // A set keeps its order, and forgets anyone at once.
  readonly #waiters = new Set<T>()

  get length (): number {
    return this.#waiters.size
  }

  get first (): T | undefined {
    return this.#waiters.values().next().value
  }

  join (waiter: T): void {
    this.#waiters.add(waiter)
  }

  leave (waiter: T): void {
    this.#waiters.delete(waiter)
  }
}
