import { ProtocolError } from '../errors.ts'
import { BLANK, COLON, CR, LF, skip, SPACE, TAB, TEXT, TOKEN } from './characters.ts'

/** Bytes of a head, or of a trailer section, with line ends. */
const SIZE_LIMIT = 16 * 1024
const FIELD_LIMIT = 1000
/** The start of every status line: `#` is a digit, `?` the minor version. */
const STATUS_LINE = 'HTTP/1.? ###'
const ZERO = 48

/** More bytes are needed. */
export const INCOMPLETE = -1

/**
 * Parses the lines of a response head, or of trailers, up to the empty line, however they are split into reads. An
 * invalid byte is refused at once. Lines end with CR LF only: where one recipient takes a bare LF, or a bare CR, for a
 * line end and another does not, one response becomes two (RFC 9112, 11.1).
 * @see RFC 9112, 4 and 5
 */
export class HeadParser {
  /** Of HTTP/1.x: 0 or 1. */
  minorVersion = 1
  statusCode = 0
  statusText = ''
  /** Names and values in turn, as they came, one character a byte (latin1). */
  fields: string[] = []
  #expectsStatusLine = false
  #isComplete = false
  /** A line of which the end has not come yet. */
  #partialLine = ''
  #size = 0

  /** @param hasStatusLine - a head follows, not trailers */
  begin (hasStatusLine: boolean): void {
    this.fields = []
    this.#expectsStatusLine = hasStatusLine
    this.#isComplete = false
    this.#partialLine = ''
    this.#size = 0
  }

  /**
   * @returns the index in `bytes` after the empty line, or `INCOMPLETE`: all bytes have been taken
   * @throws ProtocolError
   */
  read (bytes: Buffer, start: number, end: number): number {
    const known = this.#partialLine.length
    // One byte more than the limit is read, so that exceeding it is noticed.
    const text = this.#partialLine + bytes.toString('latin1', start, Math.min(end, start + SIZE_LIMIT + 1))
    const at = this.#readLines(text)
    this.#size += at
    this.#partialLine = text.slice(at)
    const size = this.#isComplete ? this.#size : this.#size + this.#partialLine.length
    if (size > SIZE_LIMIT) throw new ProtocolError('the head is too large')
    return this.#isComplete ? start + at - known : INCOMPLETE
  }

  /** @returns the end of the last complete line */
  #readLines (text: string): number {
    let at = 0
    while (!this.#isComplete) {
      const next = this.#readLine(text, at)
      if (next === INCOMPLETE) break
      at = next
    }
    return at
  }

  #readLine (text: string, at: number): number {
    if (this.#expectsStatusLine) return this.#readStatusLine(text, at)
    if (text.charCodeAt(at) !== CR) return this.#readField(text, at)
    const next = skipLineEnd(text, at)
    this.#isComplete = next !== INCOMPLETE
    return next
  }

  #readStatusLine (text: string, at: number): number {
    checkStatusLine(text, at)
    const reason = at + STATUS_LINE.length
    if (text.length <= reason) return INCOMPLETE
    const hasReason = text.charCodeAt(reason) === SPACE
    const reasonEnd = hasReason ? skip(text, reason + 1, TEXT) : reason
    const next = skipLineEnd(text, reasonEnd)
    if (next === INCOMPLETE) return INCOMPLETE
    this.minorVersion = text.charCodeAt(at + 7) - ZERO
    this.statusCode = Number(text.slice(at + 9, reason))
    this.statusText = hasReason ? text.slice(reason + 1, reasonEnd) : ''
    this.#expectsStatusLine = false
    return next
  }

  /** A line starts with a name, directly followed by a colon: no folding (RFC 9112, 5.2), no whitespace (5.1). */
  #readField (text: string, start: number): number {
    const nameEnd = skip(text, start, TOKEN)
    if (nameEnd === text.length) return INCOMPLETE
    if (nameEnd === start || text.charCodeAt(nameEnd) !== COLON) throw new ProtocolError('a field without a valid name')
    const valueStart = skip(text, nameEnd + 1, BLANK)
    const valueEnd = skip(text, valueStart, TEXT)
    const next = skipLineEnd(text, valueEnd)
    if (next === INCOMPLETE) return INCOMPLETE
    if (this.fields.length === 2 * FIELD_LIMIT) throw new ProtocolError('the head has too many fields')
    this.fields.push(text.slice(start, nameEnd), text.slice(valueStart, trimEnd(text, valueStart, valueEnd)))
    return next
  }
}

function checkStatusLine (text: string, at: number): void {
  const length = Math.min(text.length - at, STATUS_LINE.length)
  for (let i = 0; i < length; i++) {
    if (!fitsStatusLine(text.charCodeAt(at + i), i)) throw new ProtocolError('an invalid status line')
  }
}

function fitsStatusLine (character: number, index: number): boolean {
  const expected = STATUS_LINE[index]!
  if (expected === '?') return character === ZERO || character === ZERO + 1
  // There is no status below 100.
  if (expected === '#') return character >= (index === 9 ? ZERO + 1 : ZERO) && character <= ZERO + 9
  return character === expected.charCodeAt(0)
}

function skipLineEnd (text: string, at: number): number {
  if (at === text.length) return INCOMPLETE
  if (text.charCodeAt(at) !== CR) throw new ProtocolError('an invalid byte in the head')
  if (at + 1 === text.length) return INCOMPLETE
  if (text.charCodeAt(at + 1) !== LF) throw new ProtocolError('a carriage return without a line feed')
  return at + 2
}

function trimEnd (text: string, start: number, end: number): number {
  while (end > start && (text.charCodeAt(end - 1) === SPACE || text.charCodeAt(end - 1) === TAB)) end--
  return end
}
