import type { FastifyReply, FastifyRequest } from 'fastify'

/** nginx's status for a client that did not wait for its answer. */
const CLIENT_CLOSED = 499

/**
 * The one line of the log for a request.
 * @param nameOf - the location that a request was for which has been refused
 */
export function logExchange (request: FastifyRequest, reply: FastifyReply, nameOf: (request: FastifyRequest) => string | undefined): void {
  const { exchange } = request
  const line = {
    req: request,
    app: exchange === null ? nameOf(request) : exchange.location.name,
    upstream: exchange?.upstream?.target.url,
    statusCode: exchange?.isClientGone === true && !reply.raw.headersSent ? CLIENT_CLOSED : reply.statusCode,
    durationMs: Math.round(reply.elapsedTime * 1000) / 1000,
    retries: exchange?.retries,
    ...(request.gatewayId !== request.id && { requestId: request.gatewayId }),
  }
  if (exchange === null) return request.log.info(line, 'request refused')
  const { failure } = exchange
  if (failure === null || failure.statusCode === CLIENT_CLOSED) request.log.info(line, 'request forwarded')
  else request.log.warn({ ...line, err: failure }, 'request failed')
}
