import { STATUS_CODES } from 'node:http'
import { lingerOnClose, markClosing } from './connection-close.ts'
import { currentResponse, destroySoon, endConnectionAfter, type ServerSocket } from './node-internals.ts'

/** What node reports of a connection on which no request could be read. */
export type ClientError = Error & { code?: string }

const STATUS: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

/**
 * Sends an error to a connection whose bytes are no request, and closes it. While the response to an earlier request of
 * the same connection is due nothing is written: it would be taken for that response, or stand in the middle of it.
 * That response is finished, and what came behind its request is dropped (RFC 9112, 9.6, for what follows `Connection:
 * close`). For a request whose body is malformed the error is the response.
 */
export function sendClientError ({ code = '' }: ClientError, socket: ServerSocket): void {
  // The error has been sent: what still comes is dropped.
  if (socket.writableEnded && code !== 'ECONNRESET') return
  const pending = currentResponse(socket)
  if (code === 'ECONNRESET' || !socket.writable || (pending?.headersSent === true && !pending.req.complete)) {
    socket.destroy()
    return
  }
  if (pending?.req.complete === true) {
    markClosing(socket)
    endConnectionAfter(pending)
    pending.once('finish', () => destroySoon(socket))
    return
  }
  const statusCode = STATUS[code] ?? 400
  const error = STATUS_CODES[statusCode]!
  const body = JSON.stringify({ statusCode, code: 'GW_ERR_BAD_REQUEST', error, message: 'Malformed request' })
  const head = [
    `HTTP/1.1 ${statusCode} ${error}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    'Connection: close',
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  // A request under way has to end now, and its upstream's with it.
  if (pending === null) lingerOnClose(socket)
  destroySoon(socket)
}
