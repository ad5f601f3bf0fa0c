import type { IncomingMessage, ServerResponse } from 'node:http'
import { isClosing } from './closing.ts'
import { createResponse, currentResponse, destroySoon, type ServerSocket } from './node-internals.ts'

/**
 * Gives a request that node has taken off its parser a response, as any other has: for the answer, whether that is a switch
 * of protocols or not.
 */
export function respondOn (request: IncomingMessage, socket: ServerSocket): ServerResponse {
  const response = createResponse(request, socket)
  endBehind(response, socket)
  return response
}

/** The connection ends with an answer that is no switch of protocols: nobody reads another request on it. */
export function endBehind (response: ServerResponse, socket: ServerSocket): void {
  function endConnection (): void {
    if (response.statusCode !== 101) destroySoon(socket)
  }
  if (response.writableFinished) endConnection()
  else response.once('finish', endConnection)
}

/**
 * Waits until the answers to earlier requests of the same connection have been sent. node hands over the connection as soon
 * as it has read the request (RFC 9112, 9.3.2: answers come in the order of the requests).
 * @param free - not called when the connection closes before
 */
export function whenItsTurn (socket: ServerSocket, free: () => void): void {
  // Behind the last answer of a connection nothing is acted on (RFC 9112, 9.6).
  if (socket.destroyed || socket.writableEnded) return
  const current = currentResponse(socket)
  if (current !== null) current.once('close', () => whenItsTurn(socket, free))
  else if (!isClosing(socket, socket)) free()
}
