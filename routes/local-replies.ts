import type { IncomingMessage } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { dropReasonPhrase, hasBody, isHttp2 } from '../lib/downstream/http-version.ts'
import { lingerOnClose } from '../lib/downstream/connection-close.ts'
import { allowOf, validityOf } from '../lib/downstream/request-validation.ts'
import {
  BadPathError,
  BadRequestError,
  type GatewayError,
  MethodNotAllowedError,
  NoRouteError,
  UpgradeRefusedError,
} from '../lib/errors.ts'
import type { PathFault } from '../lib/routing/upstream-path.ts'
import { stateOf } from './request-state.ts'

/**
 * A hook that replies 400 to what node's parser should not have let through, and closes the connection. What comes
 * behind such a request, on the same connection, is not acted on any more.
 */
export function refuseMalformed (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void {
  const validity = validityOf(request.raw, reply.raw, request.server.server)
  if (validity.kind === 'valid') return done()
  // There is no reply to a late one: the connection ends with the response before it.
  if (validity.kind === 'late') {
    reply.hijack()
    return
  }
  closeAfter(request, reply)
  done(new BadRequestError(validity.reason))
}

/** Whether a request is about what the server as a whole can do: `OPTIONS *` (RFC 9110, 9.3.7). */
export function isAboutServer ({ method, url }: IncomingMessage): boolean {
  return method === 'OPTIONS' && url === '*'
}

/** Replies to `OPTIONS *`, of which no app knows anything. */
export function replyAboutServer ({ server }: FastifyRequest, reply: FastifyReply): void {
  reply.code(204).header('allow', allowOf(server.supportedMethods)).send()
}

/** Refuses a method that the gateway does not forward. */
export function refuseMethod ({ method, server }: FastifyRequest, reply: FastifyReply): void {
  reply.header('allow', allowOf(server.supportedMethods)).send(new MethodNotAllowedError(method))
}

/** Refuses a request without a path in its location; one that is outside of it is the host server's. */
export function refusePath (reply: FastifyReply, { kind, reason }: PathFault): void {
  if (kind === 'outside-prefix') reply.callNotFound()
  else reply.send(new BadPathError(reason))
}

/** Refuses what no location owns, on a server of the gateway's own. */
export function refuseUnowned (request: FastifyRequest, reply: FastifyReply): void {
  // The rest of a long upload has no reader.
  if (isUploading(request)) closeAfter(request, reply)
  reply.send(new NoRouteError())
}

/** Refuses a switch of protocols where the location is for HTTP alone. */
export function refuseUpgrade (reply: FastifyReply): void {
  reply.send(new UpgradeRefusedError())
}

/** Replies with the failure of an exchange, as long as nothing has been sent. */
export function sendFailure (reply: FastifyReply, error: GatewayError): void {
  if (!reply.sent) reply.send(error)
}

/**
 * An `onError` hook: of a response whose place an error takes, nothing is left. Its headers go, and the coding of its
 * body, which may be a hook's and would not be the error's.
 */
export function withdrawResponse (
  request: FastifyRequest,
  reply: FastifyReply,
  error: Error & { code?: string, statusCode?: number },
  done: () => void
): void {
  const state = stateOf(request)
  for (const name of Object.keys(state?.exchange?.response?.headers ?? {})) reply.removeHeader(name)
  reply.removeHeader('content-encoding').removeHeader('trailer')
  if (state !== undefined) reply.header('x-request-id', state.id)
  dropReasonPhrase(reply.raw)
  if (isGatewayError(error) && error.statusCode === 503) reply.header('retry-after', '1')
  // Behind a malformed request nothing of its connection is acted on.
  if (error.code === 'GW_ERR_BAD_REQUEST' || isUploading(request)) closeAfter(request, reply)
  done()
}

function isGatewayError ({ code }: { code?: string }): boolean {
  return code?.startsWith('GW_ERR_') === true
}

/** Whether more of the request's body is to come. Of a request without one node sets `complete` a moment later. */
function isUploading ({ raw }: FastifyRequest): boolean {
  return !raw.complete && hasBody(raw)
}

/** Ends the connection with this response, in a way that lets the client read it. */
export function closeAfter ({ raw }: FastifyRequest, reply: FastifyReply): void {
  // A stream of HTTP/2 is ended by itself.
  if (isHttp2(raw)) return
  reply.header('connection', 'close')
  lingerOnClose(raw.socket)
}
