import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'

/**
 * Makes the head of an HTTP/2 response without a body its end, too. Fastify writes the head first and ends the response
 * afterwards, which makes two frames; node makes one of them when it is only asked to end.
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
