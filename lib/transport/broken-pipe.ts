import type { Socket } from 'node:net'

/**
 * A write that fails because the other end has gone is no error. The answer that it sent before it went, a 413 in the
 * middle of an upload, may still wait in the kernel, and node would throw it away with the socket. What is wrong with the
 * connection is found by reading: first that answer, then its end.
 */
export function tolerateBrokenPipe (socket: Socket): void {
  const write = socket._write.bind(socket)
  const writev = socket._writev!.bind(socket)
  socket._write = (chunk, encoding, callback) => write(chunk, encoding, error => callback(withoutBrokenPipe(error)))
  socket._writev = (chunks, callback) => writev(chunks, error => callback(withoutBrokenPipe(error)))
}

function withoutBrokenPipe (error: NodeJS.ErrnoException | null | undefined): Error | null | undefined {
  return error?.code === 'EPIPE' || error?.code === 'ECONNRESET' ? null : error
}
