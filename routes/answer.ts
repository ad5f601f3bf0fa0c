import type { FastifyReply, FastifyRequest } from 'fastify'
import { lingerOnClose } from '../lib/client/linger.ts'
import type { GatewayError } from '../lib/errors.ts'
import { isKnownToClient } from '../lib/headers/conditional.ts'
import { AnswerBody } from '../lib/upstream/answer-body.ts'
import type { Answer } from '../lib/upstream/attempt.ts'
import { closeAfter } from './refuse.ts'

/** Makes a reply ready for an upstream's answer, whose headers it has already. */
export function prepareAnswer (request: FastifyRequest, reply: FastifyReply, body: Answer['body']): void {
  const { raw, exchange } = request
  if (!raw.complete && !raw.readableEnded) lingerOnClose(raw.socket)
  const { statusText } = exchange!.answer!
  if (isReasonPhrase(statusText)) reply.raw.statusMessage = statusText
  // While a hook of the server's looks at the answer, Fastify sends its error in its place.
  if (body instanceof AnswerBody) body.on('error', () => { if (!reply.raw.headersSent) withdrawAnswer(request, reply) })
}

/** RFC 9112, 4, less the bytes above 127: node would write them as UTF-8, or throw. */
function isReasonPhrase (text: string): boolean {
  return /^[\t\x20-\x7e]+$/.test(text)
}

/** Sends what the app answered. Where it was not told which version the client has, the comparison is ours. */
export function sendOriginal (request: FastifyRequest, reply: FastifyReply, body: Answer['body']): void {
  const { asksForWhole, answer } = request.exchange!
  const { statusCode, headers: { etag } } = answer!
  const isComparable = asksForWhole && statusCode === 200 && typeof etag === 'string'
  sendVersion(request, reply, body, isComparable ? etag : undefined)
}

/**
 * Sends a body, unless the client has it already. A HEAD gets nothing of it: the app may have been asked for it all the same.
 * @param etag - what the client's `If-None-Match` is compared with; `undefined` when the app has done that
 */
export function sendVersion (request: FastifyRequest, reply: FastifyReply, body: Answer['body'], etag: string | undefined): void {
  const isKnown = etag !== undefined && isKnownToClient(request.headers['if-none-match'], etag)
  if (!isKnown && request.method !== 'HEAD') {
    reply.send(body ?? undefined)
    return
  }
  if (body instanceof AnswerBody) body.destroy()
  if (isKnown) reply.code(304).removeHeader('content-length')
  // As Fastify does for a GET.
  else if (Buffer.isBuffer(body)) reply.header('content-length', String(body.length))
  reply.send()
}

/** Answers with an error, as long as nothing has been sent. */
export function sendFailure (request: FastifyRequest, reply: FastifyReply, error: GatewayError): void {
  if (reply.sent) return
  withdrawAnswer(request, reply)
  if (error.statusCode === 503) reply.header('retry-after', '1')
  if (!request.raw.complete) closeAfter(request, reply)
  reply.send(error)
}

/** Of an answer that broke off before any of it was sent, nothing is left. */
function withdrawAnswer ({ exchange, gatewayId }: FastifyRequest, reply: FastifyReply): void {
  for (const name of Object.keys(exchange?.answer?.headers ?? {})) reply.removeHeader(name)
  reply.header('x-request-id', gatewayId)
  reply.raw.statusMessage = ''
}
