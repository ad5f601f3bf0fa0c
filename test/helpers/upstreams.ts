import { once } from 'node:events'
import http, { type RequestListener } from 'node:http'
import net, { type Socket } from 'node:net'
import type { Test } from 'tap'
import { listen, portOf } from './servers.ts'

/** A server of `node:http` on a free port, closed with the test. Resolves to its origin. */
export async function startUpstream (t: Test, listener: RequestListener): Promise<string> {
  const server = http.createServer(listener)
  await listen(t, server)
  t.teardown(() => server.closeAllConnections())
  return `http://127.0.0.1:${portOf(server)}`
}

/** A server of bytes: whatever `onConnection` does with its sockets. For upstreams that lie, hang and reset. */
export async function startRawUpstream (
  t: Test,
  onConnection: (socket: Socket) => void,
  options: net.ServerOpts = {}
): Promise<string> {
  const sockets = new Set<Socket>()
  const server = net.createServer(options, socket => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    onConnection(socket)
  })
  await listen(t, server)
  t.teardown(() => sockets.forEach(socket => socket.destroy()))
  return `http://127.0.0.1:${portOf(server)}`
}

/** A raw upstream that sends `response` upon every connection's first bytes, and ends the connection with `end`. */
export async function startCannedUpstream (t: Test, response: string | Buffer, { end = false } = {}): Promise<string> {
  return startRawUpstream(t, socket => socket.once('data', () => {
    socket.write(response)
    if (end) socket.end()
  }))
}

/** An upstream that parses what it gets as node does, and keeps every byte of it, whatever that was. */
export interface Recorder {
  origin: string
  /** Everything from all connections, a latin1 character a byte. */
  bytes (): string
  /** Resolves to everything, once it matches. */
  until (pattern: RegExp): Promise<string>
  /** Forgets what came so far. */
  reset (): void
}

/** Reads the whole request, and responds with the target that it was sent to. */
export const echoTarget: RequestListener = (request, response) => {
  request.resume().on('end', () => response.end(request.url))
}

/** @param listener - `echoTarget` by default */
export async function startRecorder (t: Test, listener: RequestListener = echoTarget): Promise<Recorder> {
  let text = ''
  const server = http.createServer(listener)
  server.on('connection', socket => socket.prependListener('data', chunk => {
    text += chunk.toString('latin1')
    server.emit('recorded')
  }))
  await listen(t, server)
  t.teardown(() => server.closeAllConnections())
  return {
    origin: `http://127.0.0.1:${portOf(server)}`,
    bytes: () => text,
    reset: () => { text = '' },
    async until (pattern) {
      while (!pattern.test(text)) await once(server, 'recorded')
      return text
    },
  }
}

/** The response of an upstream of these tests when nothing is wrong. */
export const FINE = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nfine'

/**
 * A raw upstream that calls `lie` for the path `/lie` and responds `FINE` to every other request, on connections that
 * it keeps. Requests have no body, so that each comes in one piece.
 */
export async function startLyingUpstream (t: Test, lie: (socket: Socket) => void): Promise<string> {
  return startRawUpstream(t, socket => socket.on('data', head => {
    if (head.toString('latin1').includes(' /lie')) lie(socket)
    else socket.write(FINE)
  }))
}

/** Writes the same again and again, for as long as the other end takes it. */
export function pour (socket: Socket, bytes: string | Buffer): void {
  function more (): void {
    while (!socket.destroyed && socket.write(bytes)) ;
  }
  socket.on('drain', more)
  more()
}
