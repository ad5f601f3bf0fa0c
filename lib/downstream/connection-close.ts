import type { Socket } from 'node:net'
import { currentResponse, isLastResponse, replaceDestroySoon, type ServerSocket } from './node-internals.ts'

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

/** How long a client may go on sending what is not read any more, so that its response reaches it. */
export const LINGER_TIME = 5000

/**
 * Closes a connection on which the client is still sending, so that the response reaches it. After a close at once
 * the kernel would reply to the rest of the upload with a reset, and a reset throws away what the client has not read
 * yet. Takes effect when node ends the connection after the response: that end then is a half-close, and what still
 * comes is dropped for up to `LINGER_TIME`.
 * @see nginx, `lingering_close`; RFC 9112, 9.6
 */
export function lingerOnClose (socket: Socket): void {
  if (socket.destroyed) return
  markClosing(socket)
  replaceDestroySoon(socket, function linger () {
    socket.end()
    const timer = setTimeout(() => socket.destroy(), LINGER_TIME).unref()
    socket.once('close', () => clearTimeout(timer))
  })
}
