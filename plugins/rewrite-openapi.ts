import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { dropReasonPhrase } from '../lib/downstream/http-version.ts'
import { ResponseBody } from '../lib/downstream/response-body.ts'
import { isKnownToClient, ORIGINAL_ONLY } from '../lib/headers/conditional.ts'
import type { HeaderRecord } from '../lib/headers/response.ts'
import { pathOf } from '../lib/routing/request-target.ts'
import { ContentRewriter } from '../lib/rewrite/content-rewriter.ts'
import { classifyResponse, selectRewrites } from '../lib/rewrite/classify-response.ts'
import { isDocumentStart } from '../lib/rewrite/openapi/candidate.ts'
import { readLimited } from '../lib/dispatch/read-limited.ts'
import type { LocationPluginOptions } from '../routes/location.ts'
import { exchangeBehind, stateOf } from '../routes/request-state.ts'

type Body = Buffer | ResponseBody

/**
 * Makes the API documents of a location, and the pages that show them, work behind its prefix. All else passes
 * untouched.
 */
async function rewriteOpenApiPlugin (
  fastify: FastifyInstance,
  { location, publicBaseOf }: LocationPluginOptions
): Promise<void> {
  const rule = selectRewrites(location).content!
  const rewriter = new ContentRewriter(rule)

  fastify.addHook('onSend', function rewriteContent (request, reply, payload, done) {
    const exchange = exchangeBehind(request, payload)
    const response = exchange?.response ?? null
    const body = response?.body ?? null
    if (body === null || (request.method !== 'GET' && request.method !== 'HEAD')) return done(null, payload)
    const path = pathOf(exchange!.request.path)
    const kind = classifyResponse(response!, path, rule)
    // What most of it is, is known at once.
    if (kind === 'passthrough' || (kind === 'sniff' && Buffer.isBuffer(body) && !isDocumentStart(body))) {
      return done(null, passOriginal(request, reply, response!.headers, body))
    }
    // As a promise: what `done` throws, of a head that cannot be written, would be an unhandled rejection.
    return rewriteBody(request, reply, body, path, kind === 'sniff')
  })

  async function rewriteBody (
    request: FastifyRequest,
    reply: FastifyReply,
    body: Body,
    path: string,
    mustSniff: boolean
  ): Promise<Body | null> {
    const { headers } = stateOf(request)!.exchange!.response!
    const original = await readOriginal(body, mustSniff)
    if (original === undefined) return passOriginal(request, reply, headers, body)
    reply.header('content-length', String(original.length))
    const rewritten = rewriter.rewrite(original, headers['content-type'] as string, path, publicBaseOf(request))
    if (rewritten === null) return passOriginal(request, reply, headers, original)
    for (const name of ORIGINAL_ONLY) reply.removeHeader(name)
    reply.header('content-length', String(rewritten.bytes.length)).header('etag', rewritten.etag)
    return sendVersion(request, reply, rewritten.bytes, rewritten.etag)
  }

  /** @returns `undefined` when it is too long, or no document after all */
  async function readOriginal (body: Body, mustSniff: boolean): Promise<Buffer | undefined> {
    if (Buffer.isBuffer(body)) return body
    if (mustSniff && !isDocumentStart((await readLimited(body, 0)).bytes)) return undefined
    const { bytes, isWhole } = await readLimited(body, rule.maxBytes)
    return isWhole ? bytes : undefined
  }
}

/** Passes on what the app sent. Where it was not told which version the client has, the comparison is ours. */
function passOriginal (request: FastifyRequest, reply: FastifyReply, { etag }: HeaderRecord, body: Body): Body | null {
  const isComparable = stateOf(request)!.asksForWhole && reply.statusCode === 200 && typeof etag === 'string'
  return sendVersion(request, reply, body, isComparable ? etag : undefined)
}

/**
 * Sends a version, unless the client has it already. A HEAD gets nothing of its body: the app may have been asked for
 * it all the same.
 * @param etag - what the client's `If-None-Match` is compared with; `undefined` when the app has done that
 */
function sendVersion (request: FastifyRequest, reply: FastifyReply, body: Body, etag: string | undefined): Body | null {
  const isKnown = etag !== undefined && isKnownToClient(request.headers['if-none-match'], etag)
  if (isKnown) {
    dropReasonPhrase(reply.raw)
    reply.code(304).removeHeader('content-length')
  }
  if (!isKnown && request.method !== 'HEAD') return body
  if (body instanceof ResponseBody) body.destroy()
  return null
}

export default fp(rewriteOpenApiPlugin, {
  name: 'gateway-rewrite-openapi',
  fastify: '5.x',
  dependencies: ['@fastify/reply-from'],
})
