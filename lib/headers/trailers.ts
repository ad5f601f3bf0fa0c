import { HOP_BY_HOP } from './hop-by-hop.ts'
import { addHeader, decode, type HeaderRecord, type RawText } from './response.ts'

/**
 * Fields that have to be known before the body, so that they would come too late in a trailer, or get around checks of
 * headers (RFC 9110, 6.5.1): framing, routing, authentication, response control.
 */
const HEADERS_ONLY = new Set([
  ...HOP_BY_HOP,
  'host',
  'forwarded',
  'x-request-id',
  'x-real-ip',
  'max-forwards',
  'authorization',
  'www-authenticate',
  'cookie',
  'set-cookie',
  'origin',
  'cache-control',
  'pragma',
  'range',
  'age',
  'expires',
  'date',
  'location',
  'retry-after',
  'vary',
])
const HEADERS_ONLY_FAMILY = /^(?:content-|if-|x-forwarded-|access-control-|sec-)|_/

/**
 * Whether a field may be passed on in a trailer. `Content-Digest` and the like are what trailers are for (RFC 9530).
 */
function isTrailer (key: string): boolean {
  return key.endsWith('-digest') || (!HEADERS_ONLY.has(key) && !HEADERS_ONLY_FAMILY.test(key))
}

/**
 * The trailers of a message, less those that are not allowed there.
 * @param raw - names and values in turn, as they came; `null` when there are none
 * @returns `null` when nothing is left
 */
export function readTrailers (raw: readonly RawText[] | null): HeaderRecord | null {
  if (raw === null || raw.length === 0) return null
  const trailers: HeaderRecord = Object.create(null)
  for (let i = 0; i < raw.length; i += 2) {
    const name = decode(raw[i]!).toLowerCase()
    if (isTrailer(name)) addHeader(trailers, name, decode(raw[i + 1]!))
  }
  return Object.keys(trailers).length === 0 ? null : trailers
}

/** The same as a flat list, with the names as they came. */
export function listTrailers (raw: readonly string[]): string[] {
  return raw.filter((_, index) => isTrailer(raw[index - index % 2]!.toLowerCase()))
}

/** Whether a client wants trailers: the lines of its `TE` (RFC 9110, 10.1.4). */
export function wantsTrailers (te: string | string[] | undefined): boolean {
  return te !== undefined && String(te).split(',').some(coding => coding.trim().toLowerCase() === 'trailers')
}
