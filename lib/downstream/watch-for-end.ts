import type { Duplex } from 'node:stream'

/**
 * Destroys a connection when its client leaves, while an answer is waited for: of one that has been taken off node's server
 * nobody else would notice. What the client says already is left for later, as far as it fits into the socket's buffer.
 */
export function watchForEnd (socket: Duplex): void {
  socket.on('readable', look).on('end', leave)
}

export function stopWatching (socket: Duplex): void {
  socket.off('readable', look).off('end', leave)
}

/** An end shows itself only to who reads behind the last byte. */
function look (this: Duplex): void {
  if (this.readableLength === 0) this.read()
}

function leave (this: Duplex): void {
  this.destroy()
}
