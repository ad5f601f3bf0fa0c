import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isHttp2, resetStream } from '../lib/client/http-version.ts'
import { lingerOnClose } from '../lib/client/linger.ts'
import type { GatewayError } from '../lib/errors.ts'
import { isKnownToClient } from '../lib/headers/conditional.ts'
import { AnswerBody } from '../lib/upstream/answer-body.ts'
import type { Answer } from '../lib/upstream/answer-assembly.ts'
import { closeAfter } from './refuse.ts'

/** Makes a reply ready for an upstream's answer, whose headers it has already. */
export function prepareAnswer (request: FastifyRequest, reply: FastifyReply, body: Answer['body']): void {
  const { raw, exchange } = request
  const { statusText } = exchange!.answer!
  if (!isHttp2(raw)) {
    if (!raw.complete && !raw.readableEnded) lingerOnClose(raw.socket)
    if (isReasonPhrase(statusText)) reply.raw.statusMessage = statusText
  }
  if (body instanceof AnswerBody) body.on('error', () => breakOff(request, reply))
}

/** While a hook of the server's looks at the answer, Fastify sends its error in its place. */
function breakOff (request: FastifyRequest, reply: FastifyReply): void {
  if (!reply.raw.headersSent) withdrawAnswer(request, reply)
  // Fastify would destroy it without an error, and node say that there was none.
  else if (isHttp2(reply.raw)) resetStream(reply.raw)
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
  if (body instanceof AnswerBody) announceTrailers(request, reply)
  sendVersion(request, reply, body, isComparable ? etag : undefined)
}

/** Where the response's framing can carry them, which is decided by node from the same facts. */
function announceTrailers ({ raw, exchange }: FastifyRequest, reply: FastifyReply): void {
  const { takesTrailers, answer } = exchange!
  const { trailer, headers } = answer!
  if (trailer !== undefined && takesTrailers && raw.httpVersion !== '1.0' && raw.method !== 'HEAD' && headers['content-length'] === undefined) reply.header('trailer', trailer)
}

/**
 * Sends a body, unless the client has it already. A HEAD gets nothing of it: the app may have been asked for it all the same.
 * @param etag - what the client's `If-None-Match` is compared with; `undefined` when the app has done that
 */
export function sendVersion (request: FastifyRequest, reply: FastifyReply, body: Answer['body'], etag: string | undefined): void {
  const isKnown = etag !== undefined && isKnownToClient(request.headers['if-none-match'], etag)
  if (!isKnown && request.method !== 'HEAD') {
    if (isHttp2(reply.raw) && (body === null || (body instanceof AnswerBody && body.isEmpty))) endWithHead(request, reply)
    else reply.send(body ?? undefined)
    return
  }
  if (body instanceof AnswerBody) body.destroy()
  if (isKnown) reply.code(304).removeHeader('content-length')
  // As Fastify does for a GET.
  else if (Buffer.isBuffer(body)) reply.header('content-length', String(body.length))
  reply.send()
}

/**
 * In HTTP/2 the head can be the end of an answer, and to gRPC that makes a difference: what stands in it then are trailers.
 * Fastify writes the head first and ends the response afterwards, which makes two frames; node makes one of them when it
 * is only asked to end.
 */
function endWithHead ({ exchange }: FastifyRequest, reply: FastifyReply): void {
  const { raw } = reply
  const hasLength = exchange!.answer!.headers['content-length'] !== undefined
  const { writeHead } = raw
  raw.writeHead = function deferHead (statusCode: number, headers: OutgoingHttpHeaders) {
    raw.writeHead = writeHead
    raw.statusCode = statusCode
    // Fastify says how long nothing is.
    for (const [name, value] of Object.entries(headers)) if (hasLength || name !== 'content-length') raw.setHeader(name, value!)
    return raw
  } as typeof raw.writeHead
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
  if (!isHttp2(reply.raw)) reply.raw.statusMessage = ''
}
