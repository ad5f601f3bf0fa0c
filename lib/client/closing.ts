import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

const CLOSING = Symbol('fastify-gateway.closing')

/** A response that has its turn on a connection, with node's own mark that it is the last one there (_http_outgoing.js). */
export type Turn = Pick<ServerResponse, 'headersSent' | 'shouldKeepAlive' | 'once'> & { req: Pick<IncomingMessage, 'complete'>, _last: boolean }

/** A socket of a server, with node's own mark of that response; node's handler of client errors looks at it, too (_http_server.js). */
export interface ServerSocket extends Socket {
  _httpMessage?: Turn | null
}

/** Nothing that comes on this connection from now on is acted on. */
export function markClosing (socket: Socket): void {
  Object.assign(socket, { [CLOSING]: true })
}

/**
 * Whether the last answer of a connection has been decided: what came behind its request must not be acted on
 * (RFC 9112, 9.6), although node may have read it already.
 * @param response - the one to be decided now
 */
export function isClosing (socket: ServerSocket, response: object): boolean {
  if (CLOSING in socket) return true
  const current = socket._httpMessage
  return current != null && current !== response && (current._last || !current.shouldKeepAlive)
}
