import type { Socket } from 'node:net'
import { buildConnector } from 'undici'
import type { UpstreamTarget } from '../location/types.ts'
import { tolerateBrokenPipe } from './broken-pipe.ts'
import { serverNameOf, trustOf } from './tls-options.ts'

/** undici's, which also returns the socket, though its types do not say so. */
export type Connector = (...parameters: Parameters<buildConnector.connector>) => Socket

/**
 * Opens connections for HTTP/1.1, to a Unix socket where the upstream has one, over TLS to the name in the upstream's URL,
 * whatever the requests on them say of their host, and made to fail the way a proxy needs it.
 * @param timeout - milliseconds; 0 is none
 */
export function createConnector (target: UpstreamTarget, timeout: number): Connector {
  const connect = buildConnector({ timeout, socketPath: target.socketPath, ...trustOf(target) }) as Connector
  return function openConnection (options, callback) {
    return connect({ ...options, servername: serverNameOf(options.hostname) }, (...result) => {
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
