import type { Socket } from 'node:net'
import { buildConnector } from 'undici'
import type { UpstreamTarget } from '../location.ts'
import { serverNameOf, verificationOf } from './tls-options.ts'
import { ignoreBrokenPipe } from '../downstream/node-internals.ts'

/** undici's connector, which also returns the socket, though its types do not say so. */
export type Connector = (...parameters: Parameters<buildConnector.connector>) => Socket

/**
 * A connector for HTTP/1.1: to a Unix socket where the upstream has one, over TLS to the name in the upstream's URL,
 * whatever Host header the requests have. Errors are mapped to what a proxy needs.
 * @param timeout - connect timeout in milliseconds; 0 is none
 */
export function createConnector (target: UpstreamTarget, timeout: number): Connector {
  const connect = buildConnector({ timeout, socketPath: target.socketPath, ...verificationOf(target) }) as Connector
  return function openConnection (options, callback) {
    return connect({ ...options, servername: serverNameOf(options.hostname) }, (...result) => {
      if (result[0] === null) failByReading(result[1])
      callback(...result)
    })
  }
}

function failByReading (socket: Socket): void {
  socket.on('error', disguiseReset)
  ignoreBrokenPipe(socket)
}

/**
 * undici takes a reset for the proper end of a response that is delimited by the end of its connection, so that a
 * truncated body would look complete. It recognises the reset by this code only.
 * @see undici, `onHttpSocketError` in lib/dispatcher/client-h1.js
 */
function disguiseReset (error: NodeJS.ErrnoException): void {
  if (error.code === 'ECONNRESET') error.code = 'UND_ERR_SOCKET'
}
