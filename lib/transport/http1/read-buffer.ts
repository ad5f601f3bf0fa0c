const SIZE = 64 * 1024
/** A read that brings so many bytes is followed by others like it. */
const MUCH = 16 * 1024

/**
 * What every connection of the process reads into at first: a read allocates nothing, and a connection that is idle holds no
 * memory for it. Its bytes are copied before anything else is read.
 */
const SHARED = Buffer.allocUnsafeSlow(SIZE)

/** Makes a part of what has been read, up to `end`, the caller's own. */
export type TakePart = (bytes: Buffer, start: number, end: number) => Buffer

/**
 * What a connection reads into. While much comes, that is memory of its own, which goes on to whoever takes the bytes: to
 * copy them would cost more than everything else that is done for them.
 */
export class ReadBuffer {
  #own: Buffer | null = null

  /** For node's `onread`: where the next read goes. */
  readonly next = (): Buffer => this.#own ?? SHARED

  readonly take: TakePart = (bytes, start, end) => {
    const isMuch = end - start >= MUCH
    const isOwn = bytes === this.#own
    if (isMuch) this.#own = Buffer.allocUnsafeSlow(SIZE)
    return isMuch && isOwn ? bytes.subarray(start, end) : copy(bytes, start, end)
  }

  /** Nothing more is expected. */
  release (): void {
    this.#own = null
  }
}

/** A part of bytes that will be others. */
export function copy (bytes: Buffer, start: number, end: number): Buffer {
  const part = Buffer.allocUnsafe(end - start)
  bytes.copy(part, 0, start, end)
  return part
}
