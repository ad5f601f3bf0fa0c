import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { constants, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import { toHttp1Headers } from '../headers/http2.ts'
import type { PeerSocket } from './client-address.ts'

// What a request and its response are like, whether a client speaks HTTP/1 or HTTP/2: node has two kinds of each.
// Fastify's types know the first only.

type AnyRequest = IncomingMessage | Http2ServerRequest
type AnyResponse = ServerResponse | Http2ServerResponse

export function isHttp2 (message: object): message is Http2ServerRequest | Http2ServerResponse {
  // Found missing at once; `in` has to look for it.
  return (message as { stream?: unknown }).stream !== undefined
}

/** `:authority` or `Host`; `undefined` when there is none. */
export function hostOf ({ headers }: AnyRequest): string | undefined {
  return (headers[':authority'] as string | undefined) ?? headers.host
}

/** Names and values in turn, as an HTTP/1.1 client would have sent them. */
export function rawHeadersOf (request: AnyRequest): readonly string[] {
  return isHttp2(request) ? toHttp1Headers(request.rawHeaders) : request.rawHeaders
}

/** Whether a request has a body, of whatever length. */
export function hasBody (request: AnyRequest): boolean {
  return isHttp2(request) ? !request.stream.endAfterHeaders : hasFramedBody(request.headers)
}

/** Whether an HTTP/1 request says that it has a body (RFC 9112, 6). */
export function hasFramedBody (headers: IncomingHttpHeaders): boolean {
  const { 'content-length': length, 'transfer-encoding': coding } = headers
  return coding !== undefined || (length !== undefined && length !== '0')
}

/** The connection of a request: one object for all of its requests. */
export function connectionOf (request: AnyRequest): PeerSocket {
  return isHttp2(request) ? request.stream.session!.socket : request.socket
}

/** Whether the client of a response has gone. */
export function isGone (response: AnyResponse): boolean {
  return isHttp2(response) ? response.stream.closed || response.stream.destroyed : response.destroyed
}

/** Whether a response was sent to its end; else it broke off. */
export function isSent (response: AnyResponse): boolean {
  if (!isHttp2(response)) return response.writableFinished
  return response.writableEnded && response.stream.rstCode === 0
}

/** Ends a response in the middle, so that it cannot be taken for a whole one. */
export function resetStream (response: AnyResponse): void {
  (response as Http2ServerResponse).stream.close(constants.NGHTTP2_INTERNAL_ERROR)
}

/** Lets node write the reason phrase of the status, in place of an app's; HTTP/2 has none. */
export function dropReasonPhrase (response: AnyResponse): void {
  if (!isHttp2(response)) response.statusMessage = ''
}
