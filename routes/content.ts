import type { FastifyReply, FastifyRequest } from 'fastify'
import type { GatewayError } from '../lib/errors.ts'
import { describeBytes, isKnownToClient } from '../lib/headers/conditional.ts'
import type { HeaderRecord } from '../lib/headers/response.ts'
import type { OpenApiRule } from '../lib/location/types.ts'
import type { ContentRewriter } from '../lib/rewrite/content-rewriter.ts'
import { beginsLikeDocument, judgeAnswer } from '../lib/rewrite/expectation.ts'
import type { Place } from '../lib/rewrite/place.ts'
import { AnswerBody } from '../lib/upstream/answer-body.ts'
import type { Answer } from '../lib/upstream/attempt.ts'
import { holdBody } from '../lib/upstream/hold.ts'

type Body = NonNullable<Answer['body']>

/** What an answer is rewritten with. */
export interface ContentOptions {
  rule: OpenApiRule
  rewriter: ContentRewriter
  /** In the app, without query. */
  path: string
  findPlace: () => Place
  /** Sends an error instead; nothing has been sent yet. */
  sendFailure: (error: GatewayError) => void
}

/**
 * Sends an answer that may be an API document, or a page that shows one.
 * @returns `false` when it surely is none, and nothing has been done
 */
export function sendContent (request: FastifyRequest, reply: FastifyReply, body: Body, options: ContentOptions): boolean {
  const { statusCode, headers } = request.exchange!.answer!
  const verdict = judgeAnswer({ statusCode, headers }, options.path, options.rule)
  if (verdict === 'pass' || (verdict === 'peek' && Buffer.isBuffer(body) && !beginsLikeDocument(body))) return false
  send(request, reply, body, { ...options, peeks: verdict === 'peek' }).catch(options.sendFailure)
  return true
}

async function send (request: FastifyRequest, reply: FastifyReply, body: Body, options: ContentOptions & { peeks: boolean }): Promise<void> {
  const { headers } = request.exchange!.answer!
  const original = await readOriginal(body, options)
  if (original === undefined) return sendOriginal(request, reply, body)
  const rewritten = options.rewriter.rewrite(original, headers['content-type'] as string, options.path, options.findPlace())
  if (rewritten === null) return sendOriginal(request, reply, original)
  const { bytes, etag } = rewritten
  replaceHeaders(reply, headers, () => describeBytes(headers, { length: bytes.length, etag }))
  if (!isKnownToClient(request.headers['if-none-match'], etag)) return sendBody(request, reply, bytes)
  reply.code(304).removeHeader('content-length').send()
}

/** @returns `undefined` when it is too long, or no document after all */
async function readOriginal (body: Body, { rule, peeks }: ContentOptions & { peeks: boolean }): Promise<Buffer | undefined> {
  if (Buffer.isBuffer(body)) return body
  if (peeks && !beginsLikeDocument((await holdBody(body, 0)).bytes)) return undefined
  const { bytes, isWhole } = await holdBody(body, rule.maxBytes)
  return isWhole ? bytes : undefined
}

function replaceHeaders (reply: FastifyReply, headers: HeaderRecord, change: () => void): void {
  for (const name of Object.keys(headers)) reply.removeHeader(name)
  change()
  reply.headers(headers)
}

/** Sends what the app answered. Where it was not told which version the client has, the comparison is ours. */
export function sendOriginal (request: FastifyRequest, reply: FastifyReply, body: Answer['body']): void {
  const { asksForWhole, answer } = request.exchange!
  const { statusCode, headers: { etag } } = answer!
  const isKnown = asksForWhole && statusCode === 200 && typeof etag === 'string' && isKnownToClient(request.headers['if-none-match'], etag)
  if (!isKnown) return sendBody(request, reply, body)
  if (body instanceof AnswerBody) body.destroy()
  reply.code(304).removeHeader('content-length').send()
}

/** Sends a body, of which a HEAD gets nothing: the app may have been asked for it all the same. */
function sendBody ({ method }: FastifyRequest, reply: FastifyReply, body: Answer['body']): void {
  if (method !== 'HEAD') {
    reply.send(body ?? undefined)
    return
  }
  if (body instanceof AnswerBody) body.destroy()
  // As Fastify does for a GET.
  if (Buffer.isBuffer(body)) reply.header('content-length', String(body.length))
  reply.send()
}
