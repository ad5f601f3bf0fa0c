/** `setIndex` of an object that is in no set. */
export const NOT_IN_SET = -1

/** An object that stores its own index in an `IndexedSet`, so it can be in one set at a time. */
export interface Indexed {
  /** Written by `IndexedSet` only; `NOT_IN_SET` at first. */
  setIndex: number
}

/**
 * A set for objects that come and go with every request: an array whose members know their index in it. Adding and
 * deleting take constant time, and members have no order.
 *
 * Under such churn a `Set` is rehashed again and again. Its old tables keep what was in them, and the next table,
 * reachable for each other, so finished requests survived until V8's next full collection, and a scavenge took 30 ms
 * instead of one.
 */
export class IndexedSet<T extends Indexed> {
  readonly #members: T[] = []

  get size (): number {
    return this.#members.length
  }

  /** A snapshot, in no order: members may be deleted during the iteration. */
  [Symbol.iterator] (): Iterator<T> {
    return this.#members.slice().values()
  }

  add (member: T): void {
    if (member.setIndex !== NOT_IN_SET) return
    member.setIndex = this.#members.push(member) - 1
  }

  delete (member: T): void {
    const { setIndex } = member
    if (setIndex === NOT_IN_SET) return
    member.setIndex = NOT_IN_SET
    const last = this.#members.pop()!
    if (last === member) return
    this.#members[setIndex] = last
    last.setIndex = setIndex
  }
}
