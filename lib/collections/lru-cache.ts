interface Entry<T> {
  value: T
  size: number
}

/** Values by key, bounded by the sum of their sizes; the least recently used one is evicted first. */
export class LruCache<T> {
  readonly #entries = new Map<string, Entry<T>>()
  readonly #maxSize: number
  readonly #sizeOf: (key: string, value: T) => number
  #size = 0

  /**
   * @param maxSize - of all values together; a larger one is not cached
   * @param sizeOf - in the unit of `maxSize`; by default every value counts as 1
   */
  constructor (maxSize: number, sizeOf: (key: string, value: T) => number = () => 1) {
    this.#maxSize = maxSize
    this.#sizeOf = sizeOf
  }

  /** @returns `undefined` on a miss */
  get (key: string): T | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    // A Map keeps insertion order: move the key to the end.
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.value
  }

  set (key: string, value: T): void {
    this.delete(key)
    const size = this.#sizeOf(key, value)
    if (size > this.#maxSize) return
    this.#entries.set(key, { value, size })
    this.#size += size
    while (this.#size > this.#maxSize) this.delete(this.#entries.keys().next().value!)
  }

  delete (key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#size -= entry.size
  }
}
