import type { Socket } from 'node:net'
import { TOKEN_CHARACTERS } from '../../headers/token.ts'
import { invalidRequest, lengthMismatch } from './errors.ts'
import type { OutgoingRequest } from '../transport.ts'

const NOT_TOKEN = new RegExp(`[^${TOKEN_CHARACTERS}]`)
const NOT_TEXT = /[^\t\x20-\x7e\x80-\xff]/
const NOT_PATH = /[^\x21-\x7e\x80-\xff]/
const LENGTH = /^\d{1,15}$/

/** Methods whose requests usually have a body: that there is none is stated, too (RFC 9110, 8.6). */
const WITH_BODY = new Set(['POST', 'PUT', 'PATCH', 'QUERY', 'PROPFIND', 'PROPPATCH'])

/**
 * Fields that frame the message, or belong to the connection, are set here only: a second one that differs could make
 * two requests of one.
 */
const RESERVED = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'expect', 'host'])

/** The head of a request. */
export interface RequestHead {
  /** Its lines without those that frame the body, and without the empty one. Latin1. */
  lines: string
  /** The `content-length` among its headers; `null` when there was none. */
  contentLength: number | null
  /** The connection may be reused after the response. */
  isKeepAlive: boolean
}

/**
 * Validates and writes the head. No bytes reach an upstream that have not been checked here: whatever the caller gives,
 * it is one request, and one header a pair (RFC 9112, 11.1).
 * @param isShared - the connection is kept for other requests
 * @throws UND_ERR_INVALID_ARG
 */
export function composeHead (
  { method, path, headers, body, upgrade }: OutgoingRequest,
  isShared: boolean
): RequestHead {
  // The response to CONNECT would be a tunnel.
  if (NOT_TOKEN.test(method) || method === '' || method === 'CONNECT') throw invalidRequest('method')
  if (path[0] !== '/' || NOT_PATH.test(path)) throw invalidRequest('path')
  if (headers[0]?.toLowerCase() !== 'host') throw invalidRequest('list of headers: host is not the first')
  const isKeepAlive = isShared && upgrade === null && isPredictable(method, body)
  const firstLines = `${method} ${path} HTTP/1.1\r\nhost: ${checkValue('host', headers[1])}\r\n`
  const lines = `${firstLines}${connectionLines(upgrade, isKeepAlive)}`
  const head: RequestHead = { lines, contentLength: null, isKeepAlive }
  for (let i = 2; i < headers.length; i += 2) addHeader(head, headers[i]!, headers[i + 1])
  return head
}

/**
 * Whether every server agrees on where the request and the response end. Some send the body that a response to HEAD
 * must not have, or leave the body of a request unread whose method usually has none.
 */
function isPredictable (method: string, body: OutgoingRequest['body']): boolean {
  return method !== 'HEAD' && (body === null || expectsBody(method))
}

function connectionLines (upgrade: string | null, isKeepAlive: boolean): string {
  if (upgrade !== null) return `connection: upgrade\r\nupgrade: ${checkValue('upgrade', upgrade)}\r\n`
  return isKeepAlive ? 'connection: keep-alive\r\n' : 'connection: close\r\n'
}

function addHeader (head: RequestHead, name: string, value: string | undefined): void {
  const text = checkValue(name, value)
  const key = reservedKey(name)
  if (key === null) {
    head.lines += `${name}: ${text}\r\n`
    // TE is hop-by-hop, and has to be listed as such (RFC 9110, 10.1.4).
    if (isTe(name)) head.lines += 'connection: TE\r\n'
    return
  }
  const isLength = key === 'content-length' && head.contentLength === null && LENGTH.test(text)
  if (!isLength) throw invalidRequest(`header ${key}`)
  head.contentLength = Number(text)
}

function isTe (name: string): boolean {
  return name.length === 2 && name.toLowerCase() === 'te'
}

/** The lower-case name of a field that the caller must not set; else `null`. */
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

/** Whether a request with this method usually has a body. */
export function expectsBody (method: string): boolean {
  return WITH_BODY.has(method)
}

/**
 * The lines that frame the body, and the empty one.
 * @param length - bytes; `null` when it is not known
 */
export function framingLines (method: string, length: number | null): string {
  if (length === null) return 'transfer-encoding: chunked\r\n\r\n'
  return length > 0 || expectsBody(method) ? `content-length: ${length}\r\n\r\n` : '\r\n'
}

/**
 * The lines of trailers; those that frame or route a message are refused (RFC 9110, 6.5.1).
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

/** Largest body that is written in one string with its head. */
const ONE_STRING_LIMIT = 16 * 1024

/**
 * Writes a request with a body in memory, or without one.
 * @returns whether it has a body
 * @throws UND_ERR_REQ_CONTENT_LENGTH_MISMATCH
 */
export function writeRequest (
  socket: Socket,
  method: string,
  body: Buffer | null,
  { lines, contentLength }: RequestHead
): boolean {
  // Without a body the announced length is not sent, and needs no check.
  if (body !== null) checkLength(contentLength, body.length)
  if (body === null || body.length === 0) {
    socket.write(lines + framingLines(method, 0), 'latin1')
    return false
  }
  const head = lines + framingLines(method, body.length)
  if (body.length <= ONE_STRING_LIMIT) {
    socket.write(head + body.toString('latin1'), 'latin1')
    return true
  }
  socket.cork()
  socket.write(head, 'latin1')
  socket.write(body)
  socket.uncork()
  return true
}

/**
 * @param announced - `null` when no length was announced
 * @throws UND_ERR_REQ_CONTENT_LENGTH_MISMATCH
 */
export function checkLength (announced: number | null, actual: number): void {
  if (announced !== null && announced !== actual) throw lengthMismatch()
}
