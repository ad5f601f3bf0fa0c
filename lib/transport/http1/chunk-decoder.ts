import { ProtocolError } from '../transport.ts'
import { CR, LF, SEMICOLON, TEXT } from './characters.ts'

/** Bytes of a line with a size: the rest are extensions, which nobody reads. A flood of them would be work without a body. */
const LINE_LIMIT = 1024

const SIZE = 0
const EXTENSION = 1
const SIZE_END = 2
const DATA = 3
const DATA_CR = 4
const DATA_LF = 5

/** The value of a hexadecimal digit by its byte; -1 of what is none. */
const DIGITS = Int8Array.from({ length: 256 }, (_, byte) => '0123456789abcdef'.indexOf(String.fromCharCode(byte).toLowerCase()))

/** Takes chunks apart, up to the line of the last one; trailers follow. @see RFC 9112, 7.1 */
export class ChunkDecoder {
  /** The last chunk's line is over. */
  isOver = false
  /** Where the data of the last call ends. They begin where its bytes begin. */
  dataEnd = 0
  #state = SIZE
  #left = 0
  #lineLength = 0
  #hasDigits = false

  begin (): void {
    this.isOver = false
    this.#beginLine()
  }

  /**
   * Moves the data together to the front, so that a read with a thousand chunks is one piece of the body.
   * @returns how far it came: to `end`, or behind the last chunk's line
   * @throws ProtocolError
   */
  decode (bytes: Buffer, start: number, end: number): number {
    let at = start
    this.dataEnd = start
    while (at < end && !this.isOver) {
      if (this.#state === DATA) at = this.#takeData(bytes, at, end)
      else this.#takeByte(bytes[at++]!)
    }
    return at
  }

  #takeData (bytes: Buffer, at: number, end: number): number {
    const next = Math.min(end, at + this.#left)
    if (this.dataEnd !== at) bytes.copyWithin(this.dataEnd, at, next)
    this.dataEnd += next - at
    this.#left -= next - at
    if (this.#left === 0) this.#state = DATA_CR
    return next
  }

  #takeByte (byte: number): void {
    if (this.#state === SIZE) this.#takeSize(byte)
    else if (this.#state === EXTENSION) this.#takeExtension(byte)
    else if (byte !== (this.#state === DATA_CR ? CR : LF)) throw new ProtocolError('a chunk that does not end where its size says')
    else if (this.#state === DATA_CR) this.#state = DATA_LF
    else if (this.#state === DATA_LF) this.#beginLine()
    else this.#endLine()
  }

  #beginLine (): void {
    this.#state = SIZE
    this.#left = 0
    this.#lineLength = 0
    this.#hasDigits = false
  }

  #takeSize (byte: number): void {
    this.#countByte()
    const digit = DIGITS[byte]!
    if (digit === -1) return this.#endSize(byte)
    this.#hasDigits = true
    this.#left = this.#left * 16 + digit
    if (this.#left > Number.MAX_SAFE_INTEGER) throw new ProtocolError('a chunk that is too large')
  }

  #endSize (byte: number): void {
    if (!this.#hasDigits || (byte !== CR && byte !== SEMICOLON)) throw new ProtocolError('no size of a chunk')
    this.#state = byte === CR ? SIZE_END : EXTENSION
  }

  #takeExtension (byte: number): void {
    this.#countByte()
    if (byte === CR) this.#state = SIZE_END
    else if (TEXT[byte] !== 1) throw new ProtocolError('a byte that may not be in a chunk\'s extension')
  }

  #countByte (): void {
    if (++this.#lineLength > LINE_LIMIT) throw new ProtocolError('a chunk\'s line that is too long')
  }

  #endLine (): void {
    this.isOver = this.#left === 0
    this.#state = DATA
  }
}
