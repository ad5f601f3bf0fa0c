import type { Socket } from 'node:net'
import { lengthMismatch } from './errors.ts'
import type { RequestHead } from './request-head.ts'

/** Methods whose requests have a body as a rule: that there is none is said, too (RFC 9110, 8.6). */
const WITH_BODY = new Set(['POST', 'PUT', 'PATCH', 'QUERY', 'PROPFIND', 'PROPPATCH'])

export function expectsBody (method: string): boolean {
  return WITH_BODY.has(method)
}

/**
 * The lines that say how long a body is, and the empty one.
 * @param length - bytes; `null` when that is not known
 */
export function framingLines (method: string, length: number | null): string {
  if (length === null) return 'transfer-encoding: chunked\r\n\r\n'
  return length > 0 || expectsBody(method) ? `content-length: ${length}\r\n\r\n` : '\r\n'
}

/** @throws UND_ERR_REQ_CONTENT_LENGTH_MISMATCH */
export function checkLength (announced: number | null, actual: number): void {
  if (announced !== null && announced !== actual) throw lengthMismatch()
}

/** Largest body that is written in one string with its head. */
const ONE_STRING_LIMIT = 16 * 1024

/**
 * Writes a request that is here whole.
 * @returns whether it has a body
 * @throws UND_ERR_REQ_CONTENT_LENGTH_MISMATCH
 */
export function writeWhole (socket: Socket, method: string, body: Buffer | null, { lines, contentLength }: RequestHead): boolean {
  // Without one there is nothing to hold the length against, and it is not written.
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
