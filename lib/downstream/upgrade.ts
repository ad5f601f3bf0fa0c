import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { isClosing } from './connection-close.ts'
import { hasFramedBody } from './http-version.ts'
import { createResponse, currentResponse, destroySoon, isUpgradeRequest, type ServerSocket } from './node-internals.ts'

/** What is read of a request to switch protocols: `IncomingMessage`, as far as it matters. */
export interface UpgradeRequest {
  /** `1.1`. */
  httpVersion: string
  headers: IncomingHttpHeaders
  /** node has taken the connection off its parser. */
  upgrade?: boolean | null
}

// HTTP over HTTP: behind the switch a client could request anything of the app, past every hook and every rule of the
// gateway ("h2c smuggling"). A server may ignore a protocol that it does not want to switch to (RFC 9110, 7.8).
const NEVER = /^(?:h2c?|https?|tls)(?:\/|$)/i

/**
 * The protocols to which a client's connection may be switched.
 * @returns as they are requested of the upstream, `websocket`; `null` for an ordinary request, and for one with a
 *   protocol that is not tunnelled, with HTTP/1.0, whose clients cannot switch, or with a body, which has to be read
 *   first
 */
export function readUpgrade (request: UpgradeRequest): string | null {
  const { httpVersion, headers } = request
  // The header first: most requests have none.
  if (headers.upgrade === undefined || !isUpgradeRequest(request)) return null
  if (httpVersion !== '1.1' || hasFramedBody(headers)) return null
  const protocols = headers.upgrade.split(',').map(protocol => protocol.trim())
  const wanted = protocols.filter(protocol => protocol !== '' && !NEVER.test(protocol))
  return wanted.length === 0 ? null : wanted.join(', ')
}

/**
 * Gives a request that node has taken off its parser a response, as any other has, whether that will switch protocols
 * or not.
 */
export function respondOn (request: IncomingMessage, socket: ServerSocket): ServerResponse {
  const response = createResponse(request, socket)
  endBehind(response, socket)
  return response
}

/** The connection ends with a response that does not switch protocols: no parser reads another request on it. */
export function endBehind (response: ServerResponse, socket: ServerSocket): void {
  function endConnection (): void {
    if (response.statusCode !== 101) destroySoon(socket)
  }
  if (response.writableFinished) endConnection()
  else response.once('finish', endConnection)
}

/**
 * Waits until the responses to earlier requests of the same connection have been sent. node hands over the connection
 * as soon as it has read the request (RFC 9112, 9.3.2: responses come in the order of the requests).
 * @param free - not called when the connection closes before
 */
export function whenItsTurn (socket: ServerSocket, free: () => void): void {
  // Behind the last response of a connection nothing is acted on (RFC 9112, 9.6).
  if (socket.destroyed || socket.writableEnded) return
  const current = currentResponse(socket)
  if (current !== null) current.once('close', () => whenItsTurn(socket, free))
  else if (!isClosing(socket, socket)) free()
}

/**
 * Destroys a connection when its client leaves before the response: node's server does not watch one that has been
 * taken off its parser. What the client sends already is left for later, as far as it fits into the socket's buffer.
 */
export function watchForEnd (socket: Duplex): void {
  socket.on('readable', look).on('end', leave)
}

export function stopWatching (socket: Duplex): void {
  socket.off('readable', look).off('end', leave)
}

/** An end is seen only by a read behind the last byte. */
function look (this: Duplex): void {
  if (this.readableLength === 0) this.read()
}

function leave (this: Duplex): void {
  this.destroy()
}
