import { ProtocolError } from '../transport.ts'
import { BLANK, COLON, CR, LF, skip, SPACE, TAB, TEXT, TOKEN } from './characters.ts'

/** The bytes of a head, or of trailers, with their line ends. */
const SIZE_LIMIT = 16 * 1024
const FIELD_LIMIT = 1000
/** How every status line begins: a digit for each `#`, the version's last for the `?`. */
const STATUS_LINE = 'HTTP/1.? ###'
const ZERO = 48

/** Not enough bytes. */
export const MORE = -1

/**
 * The lines of an answer's head, or of its trailers, up to the empty one, however they are cut into reads. A byte that
 * cannot stand where it stands is refused at once. Lines end with CR LF and with nothing else: where one recipient takes
 * a bare LF, or a bare CR, for the end of a line and another does not, one answer becomes two (RFC 9112, 11.1).
 * @see RFC 9112, 4 and 5
 */
export class Section {
  /** The version's second number: 0 or 1. */
  minorVersion = 1
  statusCode = 0
  statusText = ''
  /** Names and values in turn, as they came, a character a byte (latin1). */
  fields: string[] = []
  #isStatusDue = false
  #isWhole = false
  /** The line that is not whole yet. */
  #rest = ''
  #size = 0

  /** @param hasStatus - it is a head, and not trailers */
  begin (hasStatus: boolean): void {
    this.fields = []
    this.#isStatusDue = hasStatus
    this.#isWhole = false
    this.#rest = ''
    this.#size = 0
  }

  /**
   * @returns where the section ends in `bytes`, or `MORE`: it has taken all of them
   * @throws ProtocolError
   */
  read (bytes: Buffer, start: number, end: number): number {
    const known = this.#rest.length
    // A byte more than there may be: that there are too many is seen by it.
    const text = this.#rest + bytes.toString('latin1', start, Math.min(end, start + SIZE_LIMIT + 1))
    const at = this.#readLines(text)
    this.#size += at
    this.#rest = text.slice(at)
    if (this.#size > SIZE_LIMIT || (!this.#isWhole && this.#size + this.#rest.length > SIZE_LIMIT)) throw new ProtocolError('a head that is too large')
    return this.#isWhole ? start + at - known : MORE
  }

  /** Where the last line ends that is whole. */
  #readLines (text: string): number {
    let at = 0
    while (!this.#isWhole) {
      const next = this.#readLine(text, at)
      if (next === MORE) break
      at = next
    }
    return at
  }

  #readLine (text: string, at: number): number {
    if (this.#isStatusDue) return this.#readStatusLine(text, at)
    if (text.charCodeAt(at) !== CR) return this.#readField(text, at)
    const next = behindLineEnd(text, at)
    this.#isWhole = next !== MORE
    return next
  }

  #readStatusLine (text: string, at: number): number {
    const length = Math.min(text.length - at, STATUS_LINE.length)
    for (let i = 0; i < length; i++) if (!fitsStatusLine(text.charCodeAt(at + i), i)) throw new ProtocolError('no status line')
    const reason = at + STATUS_LINE.length
    if (text.length <= reason) return MORE
    const isNamed = text.charCodeAt(reason) === SPACE
    const reasonEnd = isNamed ? skip(text, reason + 1, TEXT) : reason
    const next = behindLineEnd(text, reasonEnd)
    if (next === MORE) return MORE
    this.minorVersion = text.charCodeAt(at + 7) - ZERO
    this.statusCode = Number(text.slice(at + 9, reason))
    this.statusText = isNamed ? text.slice(reason + 1, reasonEnd) : ''
    this.#isStatusDue = false
    return next
  }

  /** A name is at the beginning of its line, and a colon behind it: no folding (RFC 9112, 5.2), no white space (5.1). */
  #readField (text: string, start: number): number {
    const nameEnd = skip(text, start, TOKEN)
    if (nameEnd === text.length) return MORE
    if (nameEnd === start || text.charCodeAt(nameEnd) !== COLON) throw new ProtocolError('no field name')
    const valueStart = skip(text, nameEnd + 1, BLANK)
    const valueEnd = skip(text, valueStart, TEXT)
    const next = behindLineEnd(text, valueEnd)
    if (next === MORE) return MORE
    if (this.fields.length === 2 * FIELD_LIMIT) throw new ProtocolError('too many fields')
    this.fields.push(text.slice(start, nameEnd), text.slice(valueStart, withoutBlanks(text, valueStart, valueEnd)))
    return next
  }
}

function fitsStatusLine (character: number, index: number): boolean {
  const expected = STATUS_LINE[index]!
  if (expected === '?') return character === ZERO || character === ZERO + 1
  // A status below 100 is none.
  if (expected === '#') return character >= (index === 9 ? ZERO + 1 : ZERO) && character <= ZERO + 9
  return character === expected.charCodeAt(0)
}

function behindLineEnd (text: string, at: number): number {
  if (at === text.length) return MORE
  if (text.charCodeAt(at) !== CR) throw new ProtocolError('a byte that may not be in a line')
  if (at + 1 === text.length) return MORE
  if (text.charCodeAt(at + 1) !== LF) throw new ProtocolError('a carriage return without a line feed')
  return at + 2
}

function withoutBlanks (text: string, start: number, end: number): number {
  while (end > start && (text.charCodeAt(end - 1) === SPACE || text.charCodeAt(end - 1) === TAB)) end--
  return end
}
