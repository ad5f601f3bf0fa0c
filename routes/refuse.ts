import type { FastifyReply, FastifyRequest } from 'fastify'
import { lingerOnClose } from '../lib/client/linger.ts'
import { verdictOn } from '../lib/client/vetting.ts'
import { BadPathError, BadRequestError } from '../lib/errors.ts'
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

/** Answers a request whose path is none; one that is somebody else's is theirs, in a server that is not the gateway's. */
export function refusePath (reply: FastifyReply, { kind, reason }: PathFault): void {
  if (kind === 'not-mine') reply.callNotFound()
  else reply.send(new BadPathError(reason))
}

/** Ends the connection with this answer, in a way that the client gets to see it. */
export function closeAfter ({ raw }: FastifyRequest, reply: FastifyReply): void {
  reply.header('connection', 'close')
  lingerOnClose(raw.socket)
}
