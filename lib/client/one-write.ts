import { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Up to here, copying bytes into a text costs less than what a list of several parts does. */
const LIMIT = 4096

// Taken before anything can have replaced them.
const { end } = ServerResponse.prototype

/**
 * Lets a response of HTTP/1 leave in one write with its head, when it is ended with a small Buffer, as Fastify does. node
 * would make a list of the head, the body and an empty third part, and `writev` of a list costs three times what `write` of
 * one text does. One function serves all responses; where something else has replaced `end`, that stays.
 */
export function endInOneWrite (response: ServerResponse): void {
  if (response.end === end) response.end = endWithHead
}

function endWithHead (this: ServerResponse, body?: unknown, ...rest: unknown[]): ServerResponse {
  const { socket } = this
  // Without a socket it is not its turn: the responses before it on its connection are not over.
  if (!Buffer.isBuffer(body) || !fits(body) || socket === null || !this.headersSent) return Reflect.apply(end, this, [body, ...rest])
  socket.cork()
  this.write(body.toString('latin1'), 'latin1')
  // Before the end, which would add an empty part to what has not left.
  socket.uncork()
  return Reflect.apply(end, this, [])
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
