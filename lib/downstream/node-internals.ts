import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { type Server, ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import net, { type Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'

// Every use that the gateway makes of what node and Fastify do not document, each a function with its reason. All were
// tried on node 20.20, 22 and 24 and on Fastify 5.12; test/lib/downstream/node-internals.test.ts runs on each of these
// in `.ci/run`. When one of them breaks in a new version, this is the file to mend.

// The responses of a connection

/** The response that has its turn on a connection. */
export type CurrentResponse = Pick<ServerResponse, 'headersSent' | 'shouldKeepAlive' | 'once'> & {
  req: Pick<IncomingMessage, 'complete'>
  _last: boolean
}

/** A connection of a server. */
export interface ServerSocket extends Socket {
  _httpMessage?: CurrentResponse | null
}

/**
 * The response that has its turn on a connection of HTTP/1.1; `null` between two of them. What comes behind a
 * connection's last response must not be acted on (RFC 9112, 9.6), and an error of the connection must not be written
 * into the middle of one. node keeps it as `_httpMessage`, which its own handler of client errors reads
 * (_http_server.js).
 */
export function currentResponse ({ _httpMessage: current }: ServerSocket): CurrentResponse | null {
  return current ?? null
}

/**
 * Whether a connection ends with this response: `_last` is set when its head is written, `shouldKeepAlive` by whatever
 * decides it before.
 */
export function isLastResponse ({ _last, shouldKeepAlive }: CurrentResponse): boolean {
  return _last || !shouldKeepAlive
}

/**
 * Ends the connection of HTTP/1.1 with this response: node writes `Connection: close`, unless the response says
 * something else.
 */
export function endConnectionAfter (response: { shouldKeepAlive: boolean }): void {
  response.shouldKeepAlive = false
}

/**
 * Gives a request that node has taken off its parser, because it asks to switch protocols, a response as any other has.
 * `assignSocket` is how node's server does it.
 */
export function createResponse (request: IncomingMessage, socket: ServerSocket): ServerResponse {
  const response = new ServerResponse(request)
  endConnectionAfter(response)
  response.assignSocket(socket)
  return response
}

/**
 * Takes a connection from the response that has switched its protocol, so that the connection's end is no end of a
 * response. For Fastify the response is finished when the connection closes: its `onResponse` hooks wait for `finish`.
 */
export function detachConnection (response: ServerResponse, socket: Socket): void {
  socket.once('close', () => response.emit('finish'))
  response.detachSocket(socket)
}

/**
 * Ends a connection when what has been written to it has left. `end` alone would wait for the other end to close, too.
 */
export function destroySoon (socket: Socket): void {
  socket.destroySoon()
}

/**
 * Replaces what node calls to end a connection after its last response.
 * @see lingerOnClose
 */
export function replaceDestroySoon (socket: Socket, end: () => void): void {
  socket.destroySoon = end
}

/** Whether node's parser has taken a request for one that switches protocols, and the connection off it. */
export function isUpgradeRequest (request: object): boolean {
  return (request as { upgrade?: unknown }).upgrade === true
}

/** The server that a connection has been accepted by; `undefined` for one that is no server's. */
export function serverOf (socket: Socket): net.Server | undefined {
  return (socket as Socket & { server?: net.Server | null }).server ?? undefined
}

// Writing

/** Up to here, copying bytes into a text costs less than what a list of several parts does. */
const ONE_WRITE_LIMIT = 4096

// Taken before anything can have replaced it.
const { end } = ServerResponse.prototype

/**
 * Lets a response of HTTP/1 leave in one write with its head, when it is ended with a small Buffer, as Fastify does.
 * node would make a list of the head, the body and an empty third part, and `writev` of a list costs three times what
 * `write` of one text does. Replaces `end` of the response; one function serves all, and what something else has
 * replaced stays.
 */
export function endInOneWrite (response: ServerResponse): void {
  if (response.end === end) response.end = endWithHead
}

function endWithHead (this: ServerResponse, body?: unknown, ...rest: unknown[]): ServerResponse {
  const { socket } = this
  // Without a socket it is not its turn: the responses before it on its connection are not over.
  if (!Buffer.isBuffer(body) || !fitsOneWrite(body) || socket === null || !this.headersSent) {
    return Reflect.apply(end, this, [body, ...rest])
  }
  socket.cork()
  this.write(body.toString('latin1'), 'latin1')
  // Before the end, which would add an empty part to what has not left.
  socket.uncork()
  return Reflect.apply(end, this, [])
}

/**
 * Writes a part of a body, behind the head of a response of HTTP/1. In chunks node makes a list of four of it; here it
 * leaves as one text, past the response, which then emits no `drain`: the socket does. `chunkedEncoding` is in node's
 * types and not in its documentation.
 * @param socket - the response's, whose turn it is
 * @returns whether more can be taken
 */
export function writeInOneWrite (response: ServerResponse, socket: Socket, part: Buffer): boolean {
  if (!response.chunkedEncoding || !fitsOneWrite(part)) return response.write(part)
  return socket.write(`${part.length.toString(16)}\r\n${part.toString('latin1')}\r\n`, 'latin1')
}

/** A chunk of nothing would be the end. */
function fitsOneWrite ({ length }: Buffer): boolean {
  return length > 0 && length <= ONE_WRITE_LIMIT
}

/**
 * Makes the head of an HTTP/2 response without a body its end, too. Fastify writes the head first and ends the response
 * afterwards, which makes two frames; node makes one of them when it is only asked to end. Replaces `writeHead` once.
 * @param hasLength - whether the response says how long it would be; else Fastify's length of nothing is left out
 */
export function deferHead (response: ServerResponse | Http2ServerResponse, hasLength: boolean): void {
  const raw = response as ServerResponse
  const { writeHead } = raw
  raw.writeHead = function setHead (statusCode: number, headers: OutgoingHttpHeaders) {
    raw.writeHead = writeHead
    raw.statusCode = statusCode
    for (const [name, value] of Object.entries(headers)) {
      if (hasLength || name !== 'content-length') raw.setHeader(name, value!)
    }
    return raw
  } as typeof raw.writeHead
}

/**
 * Makes a write that fails because the other end has closed no error of the socket. What that end sent before, a 413 in
 * the middle of an upload, may still be in the kernel's buffer, and node would discard it with the socket. A broken
 * connection is noticed by reading: first that response, then its end. Wraps `_write` and `_writev`, which are
 * documented for those who implement streams, not for those who use them.
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

// Reading

/**
 * Makes a socket look as if it had just been opened, for its next owner. Listeners for `error` stay, so that an error
 * before the next owner listens does not end the process.
 * @param rest - what has been read, and belongs to the next owner
 */
export function resetReading (socket: Socket, rest: Buffer): void {
  for (const event of ['data', 'drain']) {
    // One by one: after removeAllListeners the stream believes that it still has a listener for `data`.
    for (const listener of socket.listeners(event)) socket.off(event, listener as () => void)
  }
  socket.pause()
  // Back to the initial state, in which a listener for `data` starts the flow. Flowing, the socket would go on reading
  // without a listener; paused, it would not start for one. Documented as a property to read, not to write.
  ;(socket as { readableFlowing: boolean | null }).readableFlowing = null
  if (rest.length > 0) socket.unshift(rest)
}

/**
 * Calls `onEndStream` when the END_STREAM flag of an HTTP/2 stream comes, for which node has no event. After a reset
 * with NO_ERROR or CANCEL node ends the stream in the same way, and the truncated response must not look complete; but
 * it has marked that stream as closed before. Wraps `push`, through which node's session passes the data and their end
 * to a stream.
 */
export function notifyEndStream (stream: Readable, onEndStream: () => void): void {
  const push = stream.push.bind(stream)
  stream.push = (chunk: unknown) => {
    const isEndStream = chunk === null && !stream.closed
    const takesMore = push(chunk)
    if (isEndStream) onEndStream()
    return takesMore
  }
}

// Servers

/** Takes no new connections, and leaves those that are idle open: `close()` of an HTTP server would close them. */
export function stopAccepting (server: net.Server): void {
  net.Server.prototype.close.call(server)
}

/**
 * How often a server looks for clients that are too slow, in milliseconds. node reads it while the server runs; it
 * documents the option only.
 */
export function setConnectionsCheckingInterval (server: Server, interval: number): void {
  Object.assign(server, { connectionsCheckingInterval: interval })
}

// V8

/**
 * Keeps V8 from making objects old at birth, which it begins to do, for a place in the code, when nearly all that was
 * made there has lived on. At the start of a gateway with a hundred prefixes that is so; of what a request needs it
 * never is, and where both are made at one place every request would leave old garbage behind, and keep young garbage
 * alive by it. Measured: a scavenge took 25 ms instead of 1, and a request twice the time.
 *
 * It holds for the whole process, so it is for processes that are the gateway's own.
 */
export function disablePretenuring (): void {
  setFlagsFromString('--no-allocation-site-pretenuring')
}

// Fastify

/** Whether a server of Fastify has been made with a logger: the one that takes nothing has no level. */
export function hasLogger ({ log }: { log: { level?: unknown } }): boolean {
  return log.level !== undefined
}
