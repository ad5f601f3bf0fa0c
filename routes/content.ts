import type { FastifyReply, FastifyRequest } from 'fastify'
import { describeBytes } from '../lib/headers/conditional.ts'
import type { OpenApiRule } from '../lib/location/types.ts'
import { pathOf } from '../lib/location/query.ts'
import { ContentRewriter } from '../lib/rewrite/content-rewriter.ts'
import { beginsLikeDocument, judgeAnswer } from '../lib/rewrite/expectation.ts'
import type { Place } from '../lib/rewrite/place.ts'
import type { Answer } from '../lib/upstream/answer-assembly.ts'
import { holdBody } from '../lib/upstream/hold.ts'
import { sendFailure, sendOriginal, sendVersion } from './answer.ts'

type Body = NonNullable<Answer['body']>

/** Sends an answer to a GET or a HEAD. */
export type ContentSender = (request: FastifyRequest, reply: FastifyReply, body: Answer['body']) => void

/**
 * Makes what sends the answers of one location: API documents and the pages that show them rewritten, all others as they are.
 * @param placeOf - where the client of a request sees the location
 */
export function createContentSender (rule: OpenApiRule, placeOf: (request: FastifyRequest) => Place): ContentSender {
  const rewriter = new ContentRewriter(rule)

  return function sendContent (request, reply, body) {
    const { answer, request: { path } } = request.exchange!
    const verdict = body === null ? 'pass' : judgeAnswer(answer!, pathOf(path), rule)
    // What most of it is, is known at once.
    if (verdict === 'pass' || (verdict === 'peek' && Buffer.isBuffer(body) && !beginsLikeDocument(body))) return sendOriginal(request, reply, body)
    sendHeld(request, reply, body!, verdict === 'peek').catch(error => sendFailure(request, reply, error))
  }

  async function sendHeld (request: FastifyRequest, reply: FastifyReply, body: Body, peeks: boolean): Promise<void> {
    const { answer, request: { path } } = request.exchange!
    const { headers } = answer!
    const original = await readOriginal(body, peeks)
    if (original === undefined) return sendOriginal(request, reply, body)
    const rewritten = rewriter.rewrite(original, headers['content-type'] as string, pathOf(path), placeOf(request))
    if (rewritten === null) return sendOriginal(request, reply, original)
    for (const name of Object.keys(headers)) reply.removeHeader(name)
    reply.headers(describeBytes(headers, { length: rewritten.bytes.length, etag: rewritten.etag }))
    sendVersion(request, reply, rewritten.bytes, rewritten.etag)
  }

  /** @returns `undefined` when it is too long, or no document after all */
  async function readOriginal (body: Body, peeks: boolean): Promise<Buffer | undefined> {
    if (Buffer.isBuffer(body)) return body
    if (peeks && !beginsLikeDocument((await holdBody(body, 0)).bytes)) return undefined
    const { bytes, isWhole } = await holdBody(body, rule.maxBytes)
    return isWhole ? bytes : undefined
  }
}
