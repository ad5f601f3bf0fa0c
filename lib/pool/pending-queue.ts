/** The position of an entry that is in no queue. */
export const NOT_QUEUED = -1

/** An entry of a pending queue; it can be in one at a time. */
export interface Queued {
  /** Its index in the queue. Written by `PendingQueue` only, and `NOT_QUEUED` at first. */
  position: number
}

/** Removed entries keep their index until there are this many of them, or more of them than of the others. */
const MAX_GAPS = 1024

/**
 * First in, first out, and any entry can be removed. An array and no `Set`, for the reason that `IndexedSet` is one:
 * while hundreds wait, every request goes through it.
 */
export class PendingQueue<T extends Queued> {
  /** By position; `undefined` where an entry was removed. */
  #entries: (T | undefined)[] = []
  /** Position of the first entry. */
  #head = 0
  #length = 0

  get length (): number {
    return this.#length
  }

  get first (): T | undefined {
    return this.#entries[this.#head]
  }

  add (entry: T): void {
    if (entry.position !== NOT_QUEUED) return
    entry.position = this.#entries.push(entry) - 1
    this.#length++
  }

  remove (entry: T): void {
    if (entry.position === NOT_QUEUED) return
    this.#entries[entry.position] = undefined
    entry.position = NOT_QUEUED
    this.#length--
    while (this.#head < this.#entries.length && this.#entries[this.#head] === undefined) this.#head++
    if (this.#entries.length - this.#length > Math.max(MAX_GAPS, this.#length)) this.#compact()
  }

  #compact (): void {
    const remaining = this.#entries.filter(entry => entry !== undefined)
    remaining.forEach((entry, index) => { entry.position = index })
    this.#entries = remaining
    this.#head = 0
  }
}
