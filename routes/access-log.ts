import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isSent } from '../lib/downstream/http-version.ts'
import { hasLogger } from '../lib/downstream/node-internals.ts'
import { stateOf } from './request-state.ts'

/** nginx's status for a client that did not wait for its response. */
const CLIENT_CLOSED = 499

/** Writes one line of the log for a request. */
export type AccessLog = (request: FastifyRequest, reply: FastifyReply) => void

/**
 * Logs the requests of a location, each with one line: when its response has been sent, or by `logBrokenOff` when that
 * broke off, of which Fastify's `onResponse` hooks are not notified. Without a logger there is no hook, and Fastify
 * does not watch responses for their end.
 * @param app - the location's name
 * @returns what writes the line of a response that has closed; `null` without a logger
 */
export function addAccessLog (scope: FastifyInstance, app: string): AccessLog | null {
  if (!hasLogger(scope)) return null
  scope.addHook('onResponse', function logResponse (request, reply, done) {
    writeLine(request, reply, app)
    done()
  })
  return function logBrokenOff (request, reply) {
    if (!isSent(reply.raw)) writeLine(request, reply, app)
  }
}

function writeLine (request: FastifyRequest, reply: FastifyReply, app: string): void {
  const state = stateOf(request)
  if (state?.isLogged === true) return
  if (state !== undefined) state.isLogged = true
  const exchange = state?.exchange ?? null
  const line = {
    req: request,
    app,
    upstream: exchange?.upstream?.target.url,
    statusCode: exchange?.isClientGone === true && !reply.raw.headersSent ? CLIENT_CLOSED : reply.statusCode,
    durationMs: Math.round(reply.elapsedTime * 1000) / 1000,
    retries: exchange?.retries,
    ...(state !== undefined && state.id !== request.id && { requestId: state.id }),
  }
  if (exchange === null) return request.log.info(line, 'request refused')
  const { failure } = exchange
  if (failure === null || failure.statusCode === CLIENT_CLOSED) request.log.info(line, 'request forwarded')
  else request.log.warn({ ...line, err: failure }, 'request failed')
}
