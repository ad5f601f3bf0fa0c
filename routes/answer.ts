import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isHttp2, resetStream } from '../lib/client/http-version.ts'
import { lingerOnClose } from '../lib/client/linger.ts'
import type { GatewayError } from '../lib/errors.ts'
import { isKnownToClient } from '../lib/headers/conditional.ts'
import type { Answer } from '../lib/upstream/answer-assembly.ts'
import { AnswerBody } from '../lib/upstream/answer-body.ts'
import { sendDirectly } from './direct-answer.ts'
import { createSendHookReader } from './send-hooks.ts'
import { closeAfter } from './refuse.ts'

/** Sends an answer to its client. */
export type AnswerSender = (request: FastifyRequest, reply: FastifyReply, answer: Answer) => void

/** Makes a reply ready for an upstream's answer. */
export function prepareAnswer (request: FastifyRequest, reply: FastifyReply, { statusText, headers, body }: Answer): void {
  const { raw } = request
  if (!isHttp2(raw)) {
    // A connection of which the request has not been read to its end cannot take another.
    if (!raw.complete) headers.connection = 'close'
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
  else reply.raw.destroy()
}

/** RFC 9112, 4, less the bytes above 127: node would write them as UTF-8, or throw. */
function isReasonPhrase (text: string): boolean {
  return /^[\t\x20-\x7e]+$/.test(text)
}

/** What sends the answers of one location. */
export interface AnswerSenders {
  /** Sends what the app answered. Where it was not told which version the client has, the comparison is ours. */
  sendOriginal: AnswerSender
  /**
   * Sends an answer, unless the client has it already. A HEAD gets nothing of its body: the app may have been asked for it
   * all the same.
   * @param etag - what the client's `If-None-Match` is compared with; `undefined` when the app has done that
   */
  sendVersion: (request: FastifyRequest, reply: FastifyReply, answer: Answer, etag: string | undefined) => void
}

export function createAnswerSenders (): AnswerSenders {
  const hasSendHooks = createSendHookReader()
  return { sendOriginal, sendVersion }

  function sendOriginal (request: FastifyRequest, reply: FastifyReply, answer: Answer): void {
    const { statusCode, headers: { etag }, body } = answer
    const isComparable = request.exchange!.asksForWhole && statusCode === 200 && typeof etag === 'string'
    if (body instanceof AnswerBody) announceTrailers(request, answer)
    sendVersion(request, reply, answer, isComparable ? etag : undefined)
  }

  function sendVersion (request: FastifyRequest, reply: FastifyReply, answer: Answer, etag: string | undefined): void {
    const isKnown = etag !== undefined && isKnownToClient(request.headers['if-none-match'], etag)
    if (isKnown || request.method === 'HEAD') withoutBody(answer, isKnown)
    if (isHttp2(reply.raw) || hasSendHooks(request, reply)) sendByFastify(request, reply, answer)
    else sendDirectly(reply, answer)
  }
}

/** Where the response's framing can carry them, which is decided by node from the same facts. */
function announceTrailers ({ raw, exchange }: FastifyRequest, { trailer, headers }: Answer): void {
  if (trailer !== undefined && exchange!.takesTrailers && raw.httpVersion !== '1.0' && raw.method !== 'HEAD' && headers['content-length'] === undefined) headers.trailer = trailer
}

/** Takes the body off an answer, whose head stays as it would be with it. */
function withoutBody (answer: Answer, isKnown: boolean): void {
  const { headers, body } = answer
  if (body instanceof AnswerBody) body.destroy()
  if (isKnown) {
    answer.statusCode = 304
    delete headers['content-length']
  }
  answer.body = null
}

function sendByFastify (request: FastifyRequest, reply: FastifyReply, { statusCode, headers, body }: Answer): void {
  reply.code(statusCode).headers(headers)
  if (isHttp2(reply.raw) && (body === null || (body instanceof AnswerBody && body.isEmpty))) endWithHead(request, reply)
  else reply.send(body ?? undefined)
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
