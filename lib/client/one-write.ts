import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Up to here, copying bytes into a text costs less than what a list of several parts does. */
const LIMIT = 4096

/**
 * Ends a response of HTTP/1, whose head has been written but not sent: both leave as one text. `end(body)` would make a list
 * of the two and of an empty third, and `writev` of a list costs three times what `write` of a text does.
 */
export function endInOneWrite (response: ServerResponse, body: Buffer): void {
  const { socket } = response
  // Without a socket it is not its turn: those that came before it on its connection are not over.
  if (!fits(body) || socket === null) {
    response.end(body)
    return
  }
  socket.cork()
  response.write(body.toString('latin1'), 'latin1')
  // Before the end, which would add an empty part to what has not left.
  socket.uncork()
  response.end()
}

/**
 * Writes a part of a body, behind the head of a response of HTTP/1. In chunks node makes a list of four of it; here it leaves
 * as one text, past the response, which then says nothing of its `drain`: the socket does.
 * @param socket - the response's, whose turn it is
 * @returns whether more can be taken
 */
export function writeInOneWrite (response: ServerResponse, socket: Socket, part: Buffer): boolean {
  if (!response.chunkedEncoding || !fits(part)) return response.write(part)
  return socket.write(`${part.length.toString(16)}\r\n${part.toString('latin1')}\r\n`, 'latin1')
}

/** A chunk of nothing would be the end. */
function fits ({ length }: Buffer): boolean {
  return length > 0 && length <= LIMIT
}
