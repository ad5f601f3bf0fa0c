import type { Socket } from 'node:net'
import { lengthMismatch } from './errors.ts'
import { framingLines, type RequestHead } from './request-head.ts'

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
