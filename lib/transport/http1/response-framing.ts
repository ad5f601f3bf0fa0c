import { ProtocolError } from '../errors.ts'
import { KEEP_ALIVE_TIMEOUT } from '../transport.ts'
import type { HeadParser } from './head-parser.ts'

/** What an announced keep-alive timeout is shortened by, in milliseconds, as undici does. */
const MARGIN = 2000
const LONGEST = 600_000

/** At most 15 digits: below 2 ** 53. */
const LENGTH = /^\d{1,15}$/
const ANNOUNCED_TIMEOUT = /(?:^|[,;\s])timeout\s*=\s*"?(\d{1,9})/i

/** The length of a response's body, and whether its connection may be reused. */
export interface ResponseFraming {
  /** Bytes of the body; `Infinity` when it ends with the connection. Meaningless when the body is chunked. */
  length: number
  isChunked: boolean
  /** How many milliseconds the connection may be kept unused after the response; 0 when it may not be reused. */
  keepAlive: number
}

/**
 * Finds out how a response is delimited.
 * @param isBodiless - there is no body, whatever the head says: a response to HEAD, a 204, a 304
 * @throws ProtocolError for an ambiguous length, by which one response could be taken for two (RFC 9112, 6.3 and 11.2)
 */
export function frameResponse (
  { minorVersion, fields }: Pick<HeadParser, 'minorVersion' | 'fields'>,
  isBodiless: boolean
): ResponseFraming {
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
  const isKept = isDelimited(length, isChunked, isBodiless) && isPersistent(options, minorVersion)
  return {
    length: isBodiless ? 0 : length,
    isChunked: isChunked && !isBodiless,
    keepAlive: isKept ? keepAliveOf(announced) : 0,
  }
}

/**
 * Whether the end of the response is known without the end of its connection. A server that announces a length where
 * there is no body may send that body, which would be taken for the next response.
 */
function isDelimited (length: number, isChunked: boolean, isBodiless: boolean): boolean {
  return isBodiless ? !isChunked && (length === Infinity || length === 0) : isChunked || length !== Infinity
}

function readLength (value: string, known: number): number {
  if (known !== Infinity || !LENGTH.test(value)) throw new ProtocolError('a content-length that is not one number')
  return Number(value)
}

/** Other codings have not been asked for (RFC 9112, 6.1), and HTTP/1.0 has none. */
function readCoding (value: string, isChunked: boolean, minorVersion: number): true {
  if (isChunked || minorVersion === 0 || value.toLowerCase() !== 'chunked') {
    throw new ProtocolError('a transfer-encoding that is not chunked')
  }
  return true
}

/** @see RFC 9112, 9.3 */
function isPersistent (options: string | undefined, minorVersion: number): boolean {
  if (options === undefined) return minorVersion === 1
  const lowerCase = options.toLowerCase()
  if (lowerCase === 'keep-alive') return true
  const names = lowerCase.split(',').map(name => name.trim())
  return !names.includes('close') && (minorVersion === 1 || names.includes('keep-alive'))
}

function keepAliveOf (announced: string): number {
  const seconds = ANNOUNCED_TIMEOUT.exec(announced)?.[1]
  if (seconds === undefined) return KEEP_ALIVE_TIMEOUT
  return Math.min(Math.max(Number(seconds) * 1000 - MARGIN, 0), LONGEST)
}
