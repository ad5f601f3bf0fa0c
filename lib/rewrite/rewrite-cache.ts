/** What is kept of one rewriting: the result, or `null` when the original is to be passed on. */
export type Kept<T> = T | null

/**
 * Results by key, the least recently used one out first, bounded by their bytes.
 */
export class RewriteCache<T extends { byteLength: number }> {
  readonly #entries = new Map<string, Kept<T>>()
  readonly #maxBytes: number
  #bytes = 0

  /** @param maxBytes - of all results together; a longer one is not kept */
  constructor (maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** @returns `undefined` when it is not known */
  get (key: string): Kept<T> | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    // A Map remembers the order in which its keys came: to the end with it.
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry
  }

  set (key: string, entry: Kept<T>): void {
    this.#drop(key)
    const size = sizeOf(key, entry)
    if (size > this.#maxBytes) return
    this.#entries.set(key, entry)
    this.#bytes += size
    while (this.#bytes > this.#maxBytes) this.#drop(this.#entries.keys().next().value!)
  }

  #drop (key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#bytes -= sizeOf(key, entry)
  }

  get size (): number {
    return this.#entries.size
  }
}

/** Its place in the Map costs something, too. */
const ENTRY_BYTES = 512

/** A client writes a part of the key: it counts, or long paths to what is passed on would fill the memory. */
function sizeOf (key: string, entry: Kept<{ byteLength: number }>): number {
  return ENTRY_BYTES + key.length + (entry?.byteLength ?? 0)
}
