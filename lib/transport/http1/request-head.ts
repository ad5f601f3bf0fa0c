import type { OutgoingRequest } from '../transport.ts'
import { invalidRequest } from './errors.ts'
import { expectsBody } from './write-request.ts'

const NOT_TOKEN = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/
const NOT_TEXT = /[^\t\x20-\x7e\x80-\xff]/
const NOT_PATH = /[^\x21-\x7e\x80-\xff]/
const LENGTH = /^\d{1,15}$/

/** What frames a message, or speaks of its connection, is not the caller's: two that differ are two requests. */
const RESERVED = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'expect', 'host'])

/** The beginning of a request. */
export interface RequestHead {
  /** Its lines but those that frame the body, and the empty one. Latin1. */
  lines: string
  /** What the `content-length` among its headers said; `null` when there was none. */
  contentLength: number | null
  /** The connection may be used again behind it. */
  isKept: boolean
}

/**
 * Nothing is written that has not passed here: whatever the caller gives, it is one request and one header a pair
 * (RFC 9112, 11.1).
 * @param isKept - the connection is one that others use
 * @throws UND_ERR_INVALID_ARG
 */
export function composeHead ({ method, path, headers, body, upgrade }: OutgoingRequest, isKept: boolean): RequestHead {
  // CONNECT would be answered by a tunnel.
  if (NOT_TOKEN.test(method) || method === '' || method === 'CONNECT') throw invalidRequest('method')
  if (path[0] !== '/' || NOT_PATH.test(path)) throw invalidRequest('path')
  if (headers[0]?.toLowerCase() !== 'host') throw invalidRequest('list of headers: host is not the first')
  const mayStay = isKept && upgrade === null && isPredictable(method, body)
  const head = { lines: `${method} ${path} HTTP/1.1\r\nhost: ${checkValue('host', headers[1])}\r\n${connectionLines(upgrade, mayStay)}`, contentLength: null, isKept: mayStay }
  for (let i = 2; i < headers.length; i += 2) addHeader(head, headers[i]!, headers[i + 1])
  return head
}

/**
 * Behind others a server may send or leave bytes that are no part of what we take for the answer, or the request: a body
 * that an answer to HEAD must not have, one of a request that it did not expect to have one.
 */
function isPredictable (method: string, body: OutgoingRequest['body']): boolean {
  return method !== 'HEAD' && (body === null || expectsBody(method))
}

function connectionLines (upgrade: string | null, isKept: boolean): string {
  if (upgrade !== null) return `connection: upgrade\r\nupgrade: ${checkValue('upgrade', upgrade)}\r\n`
  return isKept ? 'connection: keep-alive\r\n' : 'connection: close\r\n'
}

function addHeader (head: { lines: string, contentLength: number | null }, name: string, value: string | undefined): void {
  const text = checkValue(name, value)
  const key = reservedKey(name)
  if (key === null) {
    head.lines += `${name}: ${text}\r\n`
    // It ends here, and has to say so (RFC 9110, 10.1.4).
    if (isTe(name)) head.lines += 'connection: TE\r\n'
    return
  }
  if (key !== 'content-length' || head.contentLength !== null || !LENGTH.test(text)) throw invalidRequest(`header ${key}`)
  head.contentLength = Number(text)
}

function isTe (name: string): boolean {
  return name.length === 2 && name.toLowerCase() === 'te'
}

/** Its lower-case name when it is one that the caller must not write. */
function reservedKey (name: string): string | null {
  if (name.length > 17) return null
  const key = name.toLowerCase()
  return RESERVED.has(key) || key === 'content-length' ? key : null
}

function checkValue (name: string, value: string | undefined): string {
  if (typeof name !== 'string' || name === '' || NOT_TOKEN.test(name)) throw invalidRequest('header name')
  if (typeof value !== 'string' || NOT_TEXT.test(value)) throw invalidRequest(`header ${name}`)
  return value
}

/**
 * The lines of trailers. RFC 9110, 6.5.1: none of those that frame or route a message.
 * @throws UND_ERR_INVALID_ARG
 */
export function composeTrailers (trailers: readonly string[]): string {
  let lines = ''
  for (let i = 0; i < trailers.length; i += 2) {
    const value = checkValue(trailers[i]!, trailers[i + 1])
    if (reservedKey(trailers[i]!) !== null) throw invalidRequest(`trailer ${trailers[i]}`)
    lines += `${trailers[i]}: ${value}\r\n`
  }
  return lines
}
