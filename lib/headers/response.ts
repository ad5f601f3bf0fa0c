import { connectionOptions, HOP_BY_HOP } from './hop-by-hop.ts'

/** A name or a value of a header field: bytes, or latin1 characters, one a byte. */
export type RawText = Buffer | string

/** As latin1 characters, the way node writes them. */
export function decode (text: RawText): string {
  return typeof text === 'string' ? text : text.toString('latin1')
}

/**
 * Headers by lower-case name, repeated ones as a list in their order (`content-type` is never a list). Without a
 * prototype: a name may be `constructor`.
 */
export type HeaderRecord = Record<string, string | string[]>

/** How an upstream's response begins. */
export interface ResponseHead {
  statusCode: number
  /** The reason phrase, as it came. */
  statusText: string
  headers: HeaderRecord
  /** The trailers that it announces: its `Trailer`. */
  trailer: string | string[] | undefined
}

/**
 * The end-to-end headers of an upstream's response, and `Trailer`, for those that pass trailers on. Bytes above 127 are
 * kept, one character each (latin1), the way node writes them.
 * @param raw - names and values in turn, as they came
 */
export function readResponseHeaders (raw: readonly RawText[]): HeaderRecord {
  const headers: HeaderRecord = Object.create(null)
  let connection: string | undefined
  for (let i = 0; i < raw.length; i += 2) {
    const name = decode(raw[i]!).toLowerCase()
    const value = decode(raw[i + 1]!)
    if (name === 'connection') connection = connection === undefined ? value : `${connection},${value}`
    else if ((!HOP_BY_HOP.has(name) || name === 'trailer') && name !== '__proto__') addHeader(headers, name, value)
  }
  for (const name of connectionOptions(connection) ?? []) delete headers[name]
  return headers
}

/**
 * Whether a response has a transfer coding besides `chunked`. undici takes off that one and no other, so what it hands
 * on would not be the content (RFC 9112, 6.1: no other was requested).
 */
export function hasUnknownCoding (raw: readonly RawText[]): boolean {
  for (let i = 0; i < raw.length; i += 2) {
    if (raw[i]!.length !== 17 || decode(raw[i]!).toLowerCase() !== 'transfer-encoding') continue
    if (decode(raw[i + 1]!).trim().toLowerCase() !== 'chunked') return true
  }
  return false
}

/** Adds a field to a record, behind those of the same name. */
export function addHeader (headers: HeaderRecord, name: string, value: string): void {
  const present = headers[name]
  if (present === undefined) headers[name] = value
  // Of this one a list makes no sense, and Fastify reads it as a string. One line means the same (RFC 9110, 5.2).
  else if (name === 'content-type') headers[name] = `${present as string}, ${value}`
  else if (typeof present === 'string') headers[name] = [present, value]
  else present.push(value)
}
