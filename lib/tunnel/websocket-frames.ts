import { randomBytes } from 'node:crypto'

const CLOSE = 0x8
const FIN_AND_CLOSE = 0x80 | CLOSE
const OPCODE_BITS = 0x0f
const LENGTH_BITS = 0x7f
const MASK_BIT = 0x80
const MASK_LENGTH = 4
/** Where the length field ends, by the value of its first seven bits. */
const LENGTH_ENDS: Readonly<Record<number, number>> = { 126: 4, 127: 10 }

/** Status code of a close frame: the server is going down (RFC 6455, 7.4.1). */
export const GOING_AWAY = 1001

/**
 * A WebSocket close frame without a reason (RFC 6455, 5.5.1).
 * @param code - such as 1001
 * @param isMasked - it goes to a server (RFC 6455, 5.3)
 */
export function createCloseFrame (code: number, isMasked: boolean): Buffer {
  const payload = Buffer.of(code >> 8, code & 0xff)
  if (!isMasked) return Buffer.concat([Buffer.of(FIN_AND_CLOSE, payload.length), payload])
  const mask = randomBytes(4)
  const masked = payload.map((byte, index) => byte ^ mask[index]!)
  return Buffer.concat([Buffer.of(FIN_AND_CLOSE, MASK_BIT | payload.length), mask, masked])
}

/**
 * Finds the ends of the frames in one direction of a WebSocket (RFC 6455, 5.2), so that a frame can be inserted between
 * two of them. Reads only opcodes and lengths: payloads, and whether frames are valid, are left to the two peers.
 */
export class FrameScanner {
  /** Bytes of the header that have come; 0 outside a header. */
  #position = 0
  #lengthEnd = 0
  #headerEnd = 0
  #opcode = 0
  #length = 0
  /** Bytes of the payload that have not come. */
  #remaining = 0
  /** A whole close frame has come: only the end of the connection follows. */
  isClosed = false

  /** Whether another frame could be inserted here. */
  get isBetweenFrames (): boolean {
    return this.#position === 0 && this.#remaining === 0
  }

  /** Scans bytes that are passed on. The cost is by frame, not by byte. */
  push (chunk: Buffer): void {
    for (let index = 0; index < chunk.length;) index = this.#step(chunk, index)
  }

  /**
   * Scans bytes up to the end of the current frame.
   * @returns the index after it; -1 when the frame does not end in this chunk
   */
  pushFrame (chunk: Buffer): number {
    for (let index = 0; index < chunk.length;) {
      index = this.#step(chunk, index)
      if (this.isBetweenFrames) return index
    }
    return -1
  }

  #step (chunk: Buffer, index: number): number {
    if (this.#remaining === 0) {
      this.#readHeader(chunk[index]!)
      return index + 1
    }
    const taken = Math.min(this.#remaining, chunk.length - index)
    this.#remaining -= taken
    if (this.#remaining === 0) this.#endFrame()
    return index + taken
  }

  #readHeader (byte: number): void {
    const position = this.#position++
    if (position === 0) {
      this.#opcode = byte & OPCODE_BITS
      return
    }
    if (position === 1) this.#readLength(byte)
    // A length above 2^53 is inexact, and no connection will ever carry as much.
    else if (position < this.#lengthEnd) this.#length = this.#length * 256 + byte
    if (this.#position < this.#headerEnd) return
    this.#position = 0
    this.#remaining = this.#length
    if (this.#remaining === 0) this.#endFrame()
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
