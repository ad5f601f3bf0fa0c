import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { createHeaderRewriter } from '../lib/rewrite/response-headers.ts'
import type { LocationPluginOptions } from '../routes/location.ts'
import { respondingExchange } from '../routes/request-state.ts'

/** Makes the redirects and cookies of a location's responses those of its public paths. */
async function rewriteHeadersPlugin (
  fastify: FastifyInstance,
  { location, publicBaseOf, onSwitch }: LocationPluginOptions
): Promise<void> {
  const rewriteHeaders = createHeaderRewriter(location)

  fastify.addHook('onSend', function rewriteResponseHeaders (request, reply, payload, done) {
    rewriteHead(request, reply)
    done(null, payload)
  })
  onSwitch(rewriteHead)

  function rewriteHead (request: FastifyRequest, reply: FastifyReply): void {
    const headers = respondingExchange(request)?.response?.headers
    if (headers === undefined) return
    const rewritten = rewriteHeaders(headers, () => publicBaseOf(request))
    for (const name of Object.keys(rewritten)) replaceHeader(reply, name, headers[name]!, rewritten[name]!)
  }
}

/** What hooks have set in its place, or beside it, stays. */
function replaceHeader (
  reply: FastifyReply,
  name: string,
  original: string | string[],
  rewritten: string | string[]
): void {
  const present = reply.getHeader(name)
  if (name === 'set-cookie') replaceCookies(reply, [present].flat() as string[], [original].flat(), [rewritten].flat())
  else if (present === original) reply.header(name, rewritten)
}

/** Cookies of hooks stand before and behind the app's, which Fastify has appended in one run. */
function replaceCookies (reply: FastifyReply, present: string[], original: string[], rewritten: string[]): void {
  const start = present.findIndex((_, index) => original.every((cookie, offset) => cookie === present[index + offset]))
  if (start === -1) return
  const cookies = present.toSpliced(start, original.length, ...rewritten)
  reply.removeHeader('set-cookie').header('set-cookie', cookies.length === 1 ? cookies[0]! : cookies)
}

export default fp(rewriteHeadersPlugin, {
  name: 'gateway-rewrite-headers',
  fastify: '5.x',
  dependencies: ['@fastify/reply-from'],
})
