import type { FastifyRequest, FastifyReply } from 'fastify'
import { describeBytes } from '../lib/headers/conditional.ts'
import { pathOf } from '../lib/location/query.ts'
import type { OpenApiRule } from '../lib/location/types.ts'
import { ContentRewriter } from '../lib/rewrite/content-rewriter.ts'
import { beginsLikeDocument, judgeAnswer } from '../lib/rewrite/expectation.ts'
import type { Place } from '../lib/rewrite/place.ts'
import type { Answer } from '../lib/upstream/answer-assembly.ts'
import { holdBody } from '../lib/upstream/hold.ts'
import { type AnswerSender, type AnswerSenders, sendFailure } from './answer.ts'

/**
 * Makes what sends the answers of one location to GET and HEAD: API documents and the pages that show them rewritten, all
 * others as they are.
 * @param placeOf - where the client of a request sees the location
 */
export function createContentSender (rule: OpenApiRule, { sendOriginal, sendVersion }: AnswerSenders, placeOf: (request: FastifyRequest) => Place): AnswerSender {
  const rewriter = new ContentRewriter(rule)

  return function sendContent (request, reply, answer) {
    const { body } = answer
    const verdict = body === null ? 'pass' : judgeAnswer(answer, pathOf(request.exchange!.request.path), rule)
    // What most of it is, is known at once.
    if (verdict === 'pass' || (verdict === 'peek' && Buffer.isBuffer(body) && !beginsLikeDocument(body))) return sendOriginal(request, reply, answer)
    sendHeld(request, reply, answer, verdict === 'peek').catch(error => sendFailure(request, reply, error))
  }

  async function sendHeld (request: FastifyRequest, reply: FastifyReply, answer: Answer, peeks: boolean): Promise<void> {
    const { headers } = answer
    const path = pathOf(request.exchange!.request.path)
    const original = await readOriginal(answer.body!, peeks)
    if (original === undefined) return sendOriginal(request, reply, answer)
    answer.body = original
    headers['content-length'] = String(original.length)
    const rewritten = rewriter.rewrite(original, headers['content-type'] as string, path, placeOf(request))
    if (rewritten === null) return sendOriginal(request, reply, answer)
    answer.body = rewritten.bytes
    describeBytes(headers, { length: rewritten.bytes.length, etag: rewritten.etag })
    sendVersion(request, reply, answer, rewritten.etag)
  }

  /** @returns `undefined` when it is too long, or no document after all */
  async function readOriginal (body: NonNullable<Answer['body']>, peeks: boolean): Promise<Buffer | undefined> {
    if (Buffer.isBuffer(body)) return body
    if (peeks && !beginsLikeDocument((await holdBody(body, 0)).bytes)) return undefined
    const { bytes, isWhole } = await holdBody(body, rule.maxBytes)
    return isWhole ? bytes : undefined
  }
}
