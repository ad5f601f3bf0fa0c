import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { lingerOnClose } from './linger.ts'

/** What node reports of a connection on which no request could be read. */
export type ClientError = Error & { code?: string }

const STATUS: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

/** node's own mark of the response that owns a socket; its own handler looks at it, too (_http_server.js). */
interface Busy {
  _httpMessage?: { headersSent: boolean, req: { complete: boolean } } | null
}

/**
 * Answers a connection whose bytes are no request, and closes it. While an answer to an earlier request of the same
 * connection is due nothing is written: it would be taken for that answer, or stand in the middle of it. A request
 * whose body is malformed is the one that is answered.
 */
export function answerClientError ({ code = '' }: ClientError, socket: Socket & Busy): void {
  // Answered already: what still comes is dropped.
  if (socket.writableEnded && code !== 'ECONNRESET') return
  const { _httpMessage: pending } = socket
  const isBusy = pending != null && (pending.headersSent || pending.req.complete)
  if (code === 'ECONNRESET' || isBusy || !socket.writable) {
    socket.destroy()
    return
  }
  const statusCode = STATUS[code] ?? 400
  const error = STATUS_CODES[statusCode]!
  const body = JSON.stringify({ statusCode, code: 'GW_ERR_BAD_REQUEST', error, message: 'Malformed request' })
  socket.write(`HTTP/1.1 ${statusCode} ${error}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`)
  // A request under way has to end now, and its upstream's with it.
  if (pending == null) lingerOnClose(socket)
  socket.destroySoon()
}
