const SIZE = 64 * 1024
/** A read of this many bytes is usually followed by others like it. */
const LARGE_READ = 16 * 1024

/**
 * All connections of the process read into this buffer at first: a read allocates nothing, and an idle connection holds
 * no memory for it. Its bytes are copied before the next read of any connection, so that gateways share no state by it.
 */
const SHARED = Buffer.allocUnsafeSlow(SIZE)

/** Makes the bytes from `start` to `end` the caller's own. */
export type TakePart = (bytes: Buffer, start: number, end: number) => Buffer

/**
 * The buffer that a connection reads into. While reads are large, that is memory of its own, which is passed on with
 * the bytes: copying them would cost more than everything else that is done for them.
 */
export class ReadBuffer {
  #own: Buffer | null = null

  /** For node's `onread`: where the next read goes. */
  readonly next = (): Buffer => this.#own ?? SHARED

  readonly take: TakePart = (bytes, start, end) => {
    const isLarge = end - start >= LARGE_READ
    const isOwn = bytes === this.#own
    if (isLarge) this.#own = Buffer.allocUnsafeSlow(SIZE)
    return isLarge && isOwn ? bytes.subarray(start, end) : copy(bytes, start, end)
  }

  /** Frees the connection's own memory: no more is expected. */
  release (): void {
    this.#own = null
  }
}

/** A copy of bytes in memory that will be reused. */
export function copy (bytes: Buffer, start: number, end: number): Buffer {
  const part = Buffer.allocUnsafe(end - start)
  bytes.copy(part, 0, start, end)
  return part
}
