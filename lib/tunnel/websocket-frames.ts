const CLOSE = 0x8
const OPCODE_BITS = 0x0f
const LENGTH_BITS = 0x7f
const MASK_BIT = 0x80
const MASK_LENGTH = 4
/** Where the length field ends, by the value of its first seven bits. */
const LENGTH_ENDS: Readonly<Record<number, number>> = { 126: 4, 127: 10 }

/**
 * Knows where the frames of one direction of a WebSocket end (RFC 6455, 5.2), so that a frame can be put between two of
 * them. Reads their lengths and nothing else: what is in them, and whether it is right, is the two ends' own business.
 */
export class FrameBoundary {
  /** Bytes of the header that have come; 0 between two headers. */
  #position = 0
  #lengthEnd = 0
  #headerEnd = 0
  #opcode = 0
  #length = 0
  /** Bytes of the payload that have not come. */
  #rest = 0
  /** A close frame has come, whole: nothing but the end of the connection follows. */
  isClosed = false

  /** Nothing would be cut in two if another frame stood here. */
  get isBetweenFrames (): boolean {
    return this.#position === 0 && this.#rest === 0
  }

  /** Takes note of what is passed on. Costs by the frame, not by the byte. */
  push (chunk: Buffer): void {
    for (let index = 0; index < chunk.length;) index = this.#step(chunk, index)
  }

  /**
   * The same up to the end of the frame that it is in.
   * @returns the index just behind that; -1 when the chunk is all of it or less
   */
  pushFrame (chunk: Buffer): number {
    for (let index = 0; index < chunk.length;) {
      index = this.#step(chunk, index)
      if (this.isBetweenFrames) return index
    }
    return -1
  }

  #step (chunk: Buffer, index: number): number {
    if (this.#rest === 0) {
      this.#readHeader(chunk[index]!)
      return index + 1
    }
    const taken = Math.min(this.#rest, chunk.length - index)
    this.#rest -= taken
    if (this.#rest === 0) this.#endFrame()
    return index + taken
  }

  #readHeader (byte: number): void {
    const position = this.#position++
    if (position === 0) {
      this.#opcode = byte & OPCODE_BITS
      return
    }
    if (position === 1) this.#readLength(byte)
    // A length above 2^53 is not exact any more, and never reached either.
    else if (position < this.#lengthEnd) this.#length = this.#length * 256 + byte
    if (this.#position < this.#headerEnd) return
    this.#position = 0
    this.#rest = this.#length
    if (this.#rest === 0) this.#endFrame()
  }

  #readLength (byte: number): void {
    const short = byte & LENGTH_BITS
    const longEnd = LENGTH_ENDS[short]
    this.#lengthEnd = longEnd ?? 2
    this.#headerEnd = this.#lengthEnd + ((byte & MASK_BIT) === 0 ? 0 : MASK_LENGTH)
    this.#length = longEnd === undefined ? short : 0
  }

  #endFrame (): void {
    if (this.#opcode === CLOSE) this.isClosed = true
  }
}
