/** A cached result, or `null` when the original is to be passed on. */
export type CacheEntry<T> = T | null

/**
 * Results by key, bounded by their bytes; the least recently used one is evicted first.
 */
export class RewriteCache<T extends { byteLength: number }> {
  readonly #entries = new Map<string, CacheEntry<T>>()
  readonly #maxBytes: number
  #bytes = 0

  /** @param maxBytes - of all results together; a longer one is not cached */
  constructor (maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** @returns `undefined` on a miss */
  get (key: string): CacheEntry<T> | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    // A Map keeps insertion order: move the key to the end.
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry
  }

  set (key: string, entry: CacheEntry<T>): void {
    this.#evict(key)
    const size = sizeOf(key, entry)
    if (size > this.#maxBytes) return
    this.#entries.set(key, entry)
    this.#bytes += size
    while (this.#bytes > this.#maxBytes) this.#evict(this.#entries.keys().next().value!)
  }

  #evict (key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#bytes -= sizeOf(key, entry)
  }
}

/** Overhead of an entry in the Map. */
const ENTRY_BYTES = 512

/** The key counts because the client controls part of it: long paths to uncached originals would fill the memory. */
function sizeOf (key: string, entry: CacheEntry<{ byteLength: number }>): number {
  return ENTRY_BYTES + key.length + (entry?.byteLength ?? 0)
}
