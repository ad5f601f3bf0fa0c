/** Stands in no line. */
export const NO_TURN = -1

/** Somebody who can wait, in one line at a time. */
export interface Waiting {
  /** Where it stands. Written by `WaitingLine` alone, and `NO_TURN` at first. */
  turn: number
}

/** Places of those who have left are kept up to this many, or as many as have not left. */
const KEPT_PLACES = 1024

/**
 * First come, first served, and any one may leave: those who wait because every upstream has all that it gets. An array,
 * for the reason that `Slots` is one: while hundreds wait, every request goes through it.
 */
export class WaitingLine<T extends Waiting> {
  /** By their turns; who has left is `undefined`. */
  #places: (T | undefined)[] = []
  /** Where the first stands who has not left. */
  #head = 0
  #length = 0

  get length (): number {
    return this.#length
  }

  get first (): T | undefined {
    return this.#places[this.#head]
  }

  join (waiter: T): void {
    if (waiter.turn !== NO_TURN) return
    waiter.turn = this.#places.push(waiter) - 1
    this.#length++
  }

  leave (waiter: T): void {
    if (waiter.turn === NO_TURN) return
    this.#places[waiter.turn] = undefined
    waiter.turn = NO_TURN
    this.#length--
    while (this.#head < this.#places.length && this.#places[this.#head] === undefined) this.#head++
    if (this.#places.length - this.#length > Math.max(KEPT_PLACES, this.#length)) this.#closeUp()
  }

  #closeUp (): void {
    const staying = this.#places.filter(place => place !== undefined)
    staying.forEach((waiter, index) => { waiter.turn = index })
    this.#places = staying
    this.#head = 0
  }
}
