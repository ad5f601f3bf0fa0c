import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Configuration } from '../lib/configuration/resolve.ts'
import { disablePretenuring, setConnectionsCheckingInterval } from '../lib/downstream/node-internals.ts'
import type { HealthSourceFactory } from '../lib/health/health-source.ts'
import { isAboutServer, refuseMalformed, refuseUnowned, replyAboutServer } from '../routes/local-replies.ts'
import { registerGateway } from './gateway.ts'

export interface StandaloneOptions {
  configuration: Configuration
  /** See `ResolvedGateway`. */
  createHealthSource?: HealthSourceFactory | undefined
}

/** The gateway on a server that is made for it: it also replies to what no location owns. */
async function standalone (
  fastify: FastifyInstance,
  { configuration, createHealthSource }: StandaloneOptions
): Promise<void> {
  disablePretenuring()
  applyServerOptions(fastify, configuration.options.server)
  fastify.setNotFoundHandler({ preHandler: refuseMalformed }, function replyNoRoute (request, reply) {
    if (isAboutServer(request.raw)) return replyAboutServer(request, reply)
    request.log.info({ req: request, statusCode: 404 }, 'request refused')
    reply.header('x-request-id', request.id)
    refuseUnowned(request, reply)
  })
  await registerGateway(fastify, {
    configuration,
    hooks: { requestId: request => request.id },
    isStandalone: true,
    createHealthSource,
  })
}

/**
 * How often node looks for clients that are too slow, in milliseconds; by default every 30 s, whatever the timeouts.
 */
const CHECK_INTERVAL = 1000

/**
 * node reads all of these from the server while it runs, so they can be set after it was made; an HTTP/2 one takes no
 * others.
 */
function applyServerOptions (
  { server }: FastifyInstance,
  { connectionTimeout, ...timeouts }: Record<string, number>
): void {
  Object.assign(server, timeouts)
  setConnectionsCheckingInterval(server, CHECK_INTERVAL)
  server.setTimeout(connectionTimeout)
}

export default fp(standalone, { name: 'gateway-standalone', fastify: '5.x' })
