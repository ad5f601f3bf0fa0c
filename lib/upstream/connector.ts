import { isIP, type Socket } from 'node:net'
import { buildConnector } from 'undici'
import type { UpstreamTarget } from '../location/types.ts'
import { trustOf } from './identity.ts'

/**
 * Opens connections for undici, to a Unix socket where the upstream has one, over TLS to the name in the upstream's URL, whatever the requests on them say of their
 * host, and made to fail the way a proxy needs it.
 * @param timeout - milliseconds; 0 is none
 */
export function createConnector (target: UpstreamTarget, timeout: number): buildConnector.connector {
  const connect = buildConnector({ timeout, socketPath: target.socketPath, ...trustOf(target) })
  return function openConnection (options, callback) {
    // An address is no server name (RFC 6066, 3); without one, the certificate is held against the address.
    const servername = isIP(options.hostname) === 0 ? options.hostname : undefined
    connect({ ...options, servername }, (...result) => {
      if (result[0] === null) failByReading(result[1])
      callback(...result)
    })
  }
}

function failByReading (socket: Socket): void {
  socket.on('error', disguiseReset)
  tolerateBrokenPipe(socket)
}

/**
 * undici takes a reset for the proper end of an answer that is delimited by the end of its connection, and a part would
 * look like the whole. It knows the reset by this code only.
 * @see undici, `onHttpSocketError` in lib/dispatcher/client-h1.js
 */
function disguiseReset (error: NodeJS.ErrnoException): void {
  if (error.code === 'ECONNRESET') error.code = 'UND_ERR_SOCKET'
}

/**
 * A write that fails because the other end has gone is no error. The answer that it sent before it went, a 413 in the
 * middle of an upload, may still wait in the kernel, and node would throw it away with the socket. What is wrong with the
 * connection is found by reading: first that answer, then its end.
 */
function tolerateBrokenPipe (socket: Socket): void {
  const write = socket._write.bind(socket)
  const writev = socket._writev!.bind(socket)
  socket._write = (chunk, encoding, callback) => write(chunk, encoding, error => callback(withoutBrokenPipe(error)))
  socket._writev = (chunks, callback) => writev(chunks, error => callback(withoutBrokenPipe(error)))
}

function withoutBrokenPipe (error: NodeJS.ErrnoException | null | undefined): Error | null | undefined {
  return error?.code === 'EPIPE' || error?.code === 'ECONNRESET' ? null : error
}
