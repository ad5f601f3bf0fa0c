import type { FastifyInstance, FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import type { CorsPolicy } from '../lib/cors/policy.ts'
import { addVary, grantOrigin, grantPreflight, isPreflight } from '../lib/cors/response-headers.ts'
import { refuseMalformed } from '../routes/local-replies.ts'

export interface CorsOptions {
  policy: CorsPolicy
}

/**
 * CORS for everything in the scope that registers it: routes, errors and, at the root, what no route owns. Of our own,
 * and not
 * @fastify/cors, which decorates the request (only once between the root and a route), takes OPTIONS of everything that
 * begins with a prefix, and sets its headers before those of an app replace them.
 */
async function corsPlugin (fastify: FastifyInstance, { policy }: CorsOptions): Promise<void> {
  // The server may have @fastify/cors for its own routes: there it is to leave these alone.
  fastify.addHook('onRoute', route => { route.config = { ...route.config, ...{ cors: false } } })

  fastify.addHook('onRequest', function replyToPreflight (request, reply, done) {
    const { method, headers } = request
    if (!isPreflight(method, headers)) return done()
    refuseMalformed(request, reply, error => {
      if (error !== undefined) return done(error)
      const requested = {
        method: headers['access-control-request-method']!,
        headers: headers['access-control-request-headers'],
      }
      reply.headers(grantPreflight(policy, headers.origin, requested))
      reply.header(
        'vary',
        `Access-Control-Request-Method, Access-Control-Request-Headers${policy.allowsAny ? '' : ', Origin'}`
      )
      reply.code(204).header('content-length', '0').send()
    })
  })

  // Only now, because the headers of an app's response replace those that were set before.
  fastify.addHook('onSend', function addCorsHeaders ({ method, headers }, reply, payload, done) {
    if (isPreflight(method, headers)) return done(null, payload)
    dropHeaders(reply)
    reply.headers(grantOrigin(policy, headers.origin))
    const vary = reply.getHeader('vary') as string | string[] | undefined
    if (!policy.allowsAny) reply.header('vary', addVary(vary, 'Origin'))
    done(null, payload)
  })
}

/** Those of an app, also when its origin is refused, and those of the server's own hooks. */
function dropHeaders (reply: FastifyReply): void {
  for (const name of Object.keys(reply.getHeaders())) {
    if (name.startsWith('access-control-')) reply.removeHeader(name)
  }
}

export default fp(corsPlugin, { name: 'gateway-cors', fastify: '5.x' })
