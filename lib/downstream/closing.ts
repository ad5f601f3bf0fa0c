import type { Socket } from 'node:net'
import { currentResponse, isLastResponse, type ServerSocket } from './node-internals.ts'

const CLOSING = Symbol('fastify-gateway.closing')

/** Nothing that comes on this connection from now on is acted on. */
export function markClosing (socket: Socket): void {
  Object.assign(socket, { [CLOSING]: true })
}

/**
 * Whether the last response of a connection has been decided: what came behind its request must not be acted on
 * (RFC 9112, 9.6), although node may have read it already.
 * @param response - the one to be decided now
 */
export function isClosing (socket: ServerSocket, response: object): boolean {
  if (CLOSING in socket) return true
  const current = currentResponse(socket)
  return current !== null && current !== response && isLastResponse(current)
}
