import type { Socket } from 'node:net'

/**
 * Makes a socket on which somebody else goes on of one that we have read: as if it had just been opened. Our own listeners
 * for its `error` stay, so that one that comes before its receiver listens does not end the process.
 * @param rest - what has been read of it already, and is the receiver's
 */
export function handOver (socket: Socket, rest: Buffer): void {
  for (const event of ['data', 'drain']) {
    // One by one: removeAllListeners leaves the stream in the belief that it has a listener for `data`.
    for (const listener of socket.listeners(event)) socket.off(event, listener as () => void)
  }
  // Else it would read on without a listener; or, paused by hand, not begin for one.
  socket.pause()
  ;(socket as { readableFlowing: boolean | null }).readableFlowing = null
  if (rest.length > 0) socket.unshift(rest)
}
