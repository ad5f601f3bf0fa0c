import type { Socket } from 'node:net'
import { markClosing } from './closing.ts'
import { replaceDestroySoon } from './node-internals.ts'

/** How long a client may go on sending what nobody reads, so that it gets to see its answer. */
export const LINGER_TIME = 5000

/**
 * Closes a connection on which the client is still sending, so that the answer reaches it. Closing at once would make
 * the kernel answer the rest of the upload with a reset, and a reset throws away what the client has not read yet.
 * Takes effect when node ends the connection after the response: that end then is a half-close, and what still comes
 * is dropped for up to `LINGER_TIME`.
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
