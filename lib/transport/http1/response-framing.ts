import { KEEP_ALIVE_TIMEOUT, ProtocolError } from '../transport.ts'
import type { Section } from './head-parser.ts'

/** What an announced time is shortened by, in milliseconds, as undici does it. */
const MARGIN = 2000
const LONGEST = 600_000

/** Below 2 ** 53, whatever the digits are. */
const LENGTH = /^\d{1,15}$/
const ANNOUNCED_TIMEOUT = /(?:^|[,;\s])timeout\s*=\s*"?(\d{1,9})/i

/** How long an answer is, and what becomes of its connection. */
export interface Framing {
  /** Bytes of its body; `Infinity` when it ends with the connection. Has no meaning where it is chunked. */
  length: number
  isChunked: boolean
  /** How many milliseconds the connection may be kept unused behind it; 0 when it is not to be used again. */
  keepAlive: number
}

/**
 * @param isBodiless - there is no body, whatever the head says: an answer to HEAD, a 204, a 304
 * @throws ProtocolError for a length that can be understood in two ways, which makes two answers of one (RFC 9112, 6.3 and 11.2)
 */
export function frame ({ minorVersion, fields }: Pick<Section, 'minorVersion' | 'fields'>, isBodiless: boolean): Framing {
  let length = Infinity
  let isChunked = false
  let options: string | undefined
  let announced = ''
  for (let i = 0; i < fields.length; i += 2) {
    const size = fields[i]!.length
    if (size !== 10 && size !== 14 && size !== 17) continue
    const name = fields[i]!.toLowerCase()
    const value = fields[i + 1]!
    if (name === 'connection') options = options === undefined ? value : `${options},${value}`
    else if (name === 'keep-alive') announced = value
    else if (name === 'content-length') length = readLength(value, length)
    else if (name === 'transfer-encoding') isChunked = readCoding(value, isChunked, minorVersion)
  }
  if (isChunked && length !== Infinity) throw new ProtocolError('a content-length beside a transfer-encoding')
  // What sends a length with an answer that has no body may send a body, too: that would be the next answer.
  const isDelimited = isBodiless ? !isChunked && (length === Infinity || length === 0) : isChunked || length !== Infinity
  const isKept = isDelimited && isPersistent(options, minorVersion)
  return { length: isBodiless ? 0 : length, isChunked: isChunked && !isBodiless, keepAlive: isKept ? keepAliveOf(announced) : 0 }
}

function readLength (value: string, known: number): number {
  if (known !== Infinity || !LENGTH.test(value)) throw new ProtocolError('a content-length that is not one number')
  return Number(value)
}

/** Nobody asked for another coding (RFC 9112, 6.1), and HTTP/1.0 has none. */
function readCoding (value: string, isChunked: boolean, minorVersion: number): true {
  if (isChunked || minorVersion === 0 || value.toLowerCase() !== 'chunked') throw new ProtocolError('a transfer-encoding that is not chunked')
  return true
}

/** @see RFC 9112, 9.3 */
function isPersistent (options: string | undefined, minorVersion: number): boolean {
  if (options === undefined) return minorVersion === 1
  const usual = options.toLowerCase()
  if (usual === 'keep-alive') return true
  const names = usual.split(',').map(name => name.trim())
  return !names.includes('close') && (minorVersion === 1 || names.includes('keep-alive'))
}

function keepAliveOf (announced: string): number {
  const seconds = ANNOUNCED_TIMEOUT.exec(announced)?.[1]
  if (seconds === undefined) return KEEP_ALIVE_TIMEOUT
  return Math.min(Math.max(Number(seconds) * 1000 - MARGIN, 0), LONGEST)
}
