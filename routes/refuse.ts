import type { IncomingMessage } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isHttp2 } from '../lib/client/http-version.ts'
import { lingerOnClose } from '../lib/client/linger.ts'
import { allowOf } from '../lib/client/methods.ts'
import { verdictOn } from '../lib/client/vetting.ts'
import { BadPathError, BadRequestError, MethodNotAllowedError, NoRouteError, UpgradeRefusedError } from '../lib/errors.ts'
import type { PathFault } from '../lib/location/path.ts'

/**
 * A hook that answers 400 to what node's parser should not have let through, and closes the connection. What comes behind
 * such a request, on the same connection, is not looked at any more.
 */
export function refuseMalformed (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void {
  const verdict = verdictOn(request.raw, reply.raw, request.server.server)
  if (verdict.kind === 'fine') return done()
  // Of a late one nothing is said: the connection ends with the answer before it.
  if (verdict.kind === 'late') {
    reply.hijack()
    return
  }
  closeAfter(request, reply)
  done(new BadRequestError(verdict.reason))
}

/** Whether a request asks what the server as a whole can do: `OPTIONS *` (RFC 9110, 9.3.7). */
export function isAboutServer ({ method, url }: IncomingMessage): boolean {
  return method === 'OPTIONS' && url === '*'
}

/** Answers `OPTIONS *`, of which no app knows anything. */
export function answerAboutServer ({ server }: FastifyRequest, reply: FastifyReply): void {
  reply.code(204).header('allow', allowOf(server.supportedMethods)).send()
}

/** Refuses a method that the gateway does not forward. */
export function refuseMethod ({ method, server }: FastifyRequest, reply: FastifyReply): void {
  reply.header('allow', allowOf(server.supportedMethods)).send(new MethodNotAllowedError(method))
}

/** Answers a request whose path is none; one that is somebody else's is theirs, in a server that is not the gateway's. */
export function refusePath (reply: FastifyReply, { kind, reason }: PathFault): void {
  if (kind === 'not-mine') reply.callNotFound()
  else reply.send(new BadPathError(reason))
}

/** No location owns it. On the gateway's own server, where nobody else does. */
export function refuseUnowned (request: FastifyRequest, reply: FastifyReply): void {
  // The rest of a long upload is for nobody.
  if (!request.raw.complete) closeAfter(request, reply)
  reply.send(new NoRouteError())
}

/** The location is not for anything but HTTP. */
export function refuseUpgrade (reply: FastifyReply): void {
  reply.send(new UpgradeRefusedError())
}

/** Ends the connection with this answer, in a way that the client gets to see it. */
export function closeAfter ({ raw }: FastifyRequest, reply: FastifyReply): void {
  // A stream of HTTP/2 is ended by itself.
  if (isHttp2(raw)) return
  reply.header('connection', 'close')
  lingerOnClose(raw.socket)
}
