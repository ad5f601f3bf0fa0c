import { ProtocolError } from '../errors.ts'
import { CR, LF, SEMICOLON, TEXT } from './characters.ts'

/** Bytes of a chunk's first line. Extensions are discarded; a flood of them would be work without a body. */
const LINE_LIMIT = 1024

const SIZE = 0
const EXTENSION = 1
const SIZE_END = 2
const DATA = 3
const DATA_CR = 4
const DATA_LF = 5

const HEX = '0123456789abcdef'
/** The value of a hexadecimal digit by its byte; -1 for other bytes. */
const DIGITS = Int8Array.from({ length: 256 }, (_, byte) => HEX.indexOf(String.fromCharCode(byte).toLowerCase()))

/** Decodes the chunked transfer coding, up to the line of the last chunk; trailers follow. @see RFC 9112, 7.1 */
export class ChunkDecoder {
  /** The line of the last chunk has been read. */
  isComplete = false
  /** Where the data of the last call end. They start where its bytes start. */
  dataEnd = 0
  #state = SIZE
  #remaining = 0
  #lineLength = 0
  #hasDigits = false

  begin (): void {
    this.isComplete = false
    this.#beginLine()
  }

  /**
   * Moves the data of all chunks to the front, so that a read with a thousand chunks is one part of the body.
   * @returns how much was read: up to `end`, or to the end of the last chunk's line
   * @throws ProtocolError
   */
  decode (bytes: Buffer, start: number, end: number): number {
    let at = start
    this.dataEnd = start
    while (at < end && !this.isComplete) {
      if (this.#state === DATA) at = this.#takeData(bytes, at, end)
      else this.#takeByte(bytes[at++]!)
    }
    return at
  }

  #takeData (bytes: Buffer, at: number, end: number): number {
    const next = Math.min(end, at + this.#remaining)
    if (this.dataEnd !== at) bytes.copyWithin(this.dataEnd, at, next)
    this.dataEnd += next - at
    this.#remaining -= next - at
    if (this.#remaining === 0) this.#state = DATA_CR
    return next
  }

  #takeByte (byte: number): void {
    if (this.#state === SIZE) this.#takeSize(byte)
    else if (this.#state === EXTENSION) this.#takeExtension(byte)
    else this.#takeLineEnd(byte)
  }

  #takeLineEnd (byte: number): void {
    const expected = this.#state === DATA_CR ? CR : LF
    if (byte !== expected) throw new ProtocolError('a chunk does not end where its size says')
    if (this.#state === DATA_CR) this.#state = DATA_LF
    else if (this.#state === DATA_LF) this.#beginLine()
    else this.#endLine()
  }

  #beginLine (): void {
    this.#state = SIZE
    this.#remaining = 0
    this.#lineLength = 0
    this.#hasDigits = false
  }

  #takeSize (byte: number): void {
    this.#countByte()
    const digit = DIGITS[byte]!
    if (digit === -1) return this.#endSize(byte)
    this.#hasDigits = true
    this.#remaining = this.#remaining * 16 + digit
    if (this.#remaining > Number.MAX_SAFE_INTEGER) throw new ProtocolError('a chunk is too large')
  }

  #endSize (byte: number): void {
    if (!this.#hasDigits || (byte !== CR && byte !== SEMICOLON)) throw new ProtocolError('a chunk without a valid size')
    this.#state = byte === CR ? SIZE_END : EXTENSION
  }

  #takeExtension (byte: number): void {
    this.#countByte()
    if (byte === CR) this.#state = SIZE_END
    else if (TEXT[byte] !== 1) throw new ProtocolError('an invalid byte in a chunk extension')
  }

  #countByte (): void {
    if (++this.#lineLength > LINE_LIMIT) throw new ProtocolError('the first line of a chunk is too long')
  }

  #endLine (): void {
    this.isComplete = this.#remaining === 0
    this.#state = DATA
  }
}
