import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import cors, { type FastifyCorsOptions } from '@fastify/cors'
import fp from 'fastify-plugin'
import { isOriginAllowed } from '../lib/cors/allowed-host.ts'
import type { CorsPolicy } from '../lib/cors/policy.ts'
import { isPreflight } from '../lib/cors/preflight.ts'
import { refuseMalformed } from '../routes/refuse.ts'

export interface CorsOptions {
  policy: CorsPolicy
}

type CorsHook = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void

/** How long a browser need not ask again, in seconds. The default is 5, which makes every other request two. */
const MAX_AGE_SECONDS = 600

/** CORS for everything in the scope that registers it: routes, errors and, at the root, what no route owns. */
async function corsPlugin (fastify: FastifyInstance, { policy }: CorsOptions): Promise<void> {
  const options = buildOptions(policy)
  const answerPreflight = takeHook({
    delegator: ({ headers }, callback) => callback(null, { ...options, methods: headers['access-control-request-method'] as string, maxAge: MAX_AGE_SECONDS }),
  })
  const addHeaders = takeHook({ ...options, preflight: false })

  // The server may have @fastify/cors for its own routes: there it is to leave these alone.
  fastify.addHook('onRoute', route => { route.config = { ...route.config, ...{ cors: false } } })

  fastify.addHook('onRequest', (request, reply, done) => {
    if (!isPreflight(request.method, request.headers)) return done()
    refuseMalformed(request, reply, error => {
      if (error !== undefined) return done(error)
      reply.header('vary', 'Access-Control-Request-Method, Access-Control-Request-Headers')
      // It comes back when the origin is refused. The app is not to be asked about that.
      answerPreflight(request, reply, () => reply.code(204).header('content-length', '0').send())
    })
  })

  // Only now, because the headers of an app's answer replace those that were set before.
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    if (isPreflight(request.method, request.headers)) return done()
    dropHeaders(reply)
    addHeaders(request, reply, done)
  })
}

function buildOptions ({ allowsAny, hosts }: CorsPolicy): FastifyCorsOptions {
  if (allowsAny) return { origin: '*' }
  return { origin: (origin, callback) => callback(null, origin !== undefined && isOriginAllowed(origin, hosts)), credentials: true }
}

/**
 * The hook that @fastify/cors would add. Registered, it would also decorate the request, which can be done only once between
 * the root and a route, and take OPTIONS of everything that begins with a prefix. So it gets a scope that only takes its hook.
 */
function takeHook (options: Parameters<typeof cors>[1]): CorsHook {
  let hook: CorsHook
  const scope = { decorateRequest () {}, options () {}, addHook (_name: string, handler: CorsHook) { hook = handler } }
  cors(scope as unknown as FastifyInstance, options, () => {})
  return ({ raw, headers }, reply, done) => hook({ raw, headers, routeOptions: {} } as unknown as FastifyRequest, reply, done)
}

/** Those of an app, also when its origin is refused, and those of the server's own hooks. */
function dropHeaders (reply: FastifyReply): void {
  for (const name of Object.keys(reply.getHeaders())) {
    if (name.startsWith('access-control-')) reply.removeHeader(name)
  }
}

export default fp(corsPlugin, { name: 'gateway-cors', fastify: '5.x' })
