import type { Socket } from 'node:net'

/**
 * Makes a write that fails because the upstream has closed no error of the socket. The response that the upstream sent
 * before, a 413 in the middle of an upload, may still be in the kernel's buffer, and node would discard it with the
 * socket. A broken connection is noticed by reading: first that response, then its end.
 *
 * Wraps `_write` and `_writev`: the hooks are documented for those who implement streams, not for those who use them.
 */
export function ignoreBrokenPipe (socket: Socket): void {
  const write = socket._write.bind(socket)
  const writev = socket._writev!.bind(socket)
  socket._write = (chunk, encoding, callback) => write(chunk, encoding, error => callback(withoutBrokenPipe(error)))
  socket._writev = (chunks, callback) => writev(chunks, error => callback(withoutBrokenPipe(error)))
}

function withoutBrokenPipe (error: NodeJS.ErrnoException | null | undefined): Error | null | undefined {
  return error?.code === 'EPIPE' || error?.code === 'ECONNRESET' ? null : error
}
