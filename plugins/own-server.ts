import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Configuration } from '../lib/configuration.ts'
import { NoRouteError } from '../lib/errors.ts'
import { neverPretenure } from '../lib/never-pretenure.ts'
import type { HealthSourceFactory } from '../lib/upstream/health-source.ts'
import { answerAboutServer, isAboutServer, refuseMalformed } from '../routes/refuse.ts'
import locations from './locations.ts'

export interface OwnServerOptions {
  configuration: Configuration
  /** See `LocationsOptions`. */
  createHealthSource?: HealthSourceFactory | undefined
}

/** The gateway on a server that is made for it: what no location owns is answered by it, too. */
async function ownServer (fastify: FastifyInstance, { configuration, createHealthSource }: OwnServerOptions): Promise<void> {
  neverPretenure()
  applyServerOptions(fastify, configuration.options.server)
  fastify.setNotFoundHandler({ preHandler: refuseMalformed }, function answerNoRoute (request, reply) {
    if (isAboutServer(request.raw)) return answerAboutServer(request, reply)
    request.log.info({ req: request, statusCode: 404 }, 'request refused')
    reply.header('x-request-id', request.id).send(new NoRouteError())
  })
  await fastify.register(locations, { configuration, hooks: { requestId: request => request.id }, ownsServer: true, createHealthSource })
}

/** How often node looks for clients that are too slow, in milliseconds; by default every 30 s, whatever the timeouts. */
const CHECK_INTERVAL = 1000

/** node reads all of these from the server while it runs, so they can be set after it was made; an HTTP/2 one takes no others. */
function applyServerOptions ({ server }: FastifyInstance, { connectionTimeout, ...timeouts }: Record<string, number>): void {
  Object.assign(server, timeouts, { connectionsCheckingInterval: CHECK_INTERVAL })
  server.setTimeout(connectionTimeout)
}

export default fp(ownServer, { name: 'gateway-own-server', fastify: '5.x' })
