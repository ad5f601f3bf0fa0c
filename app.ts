import { randomUUID } from 'node:crypto'
import type { ServerOptions } from 'node:http'
import { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest, type FastifyServerOptions, LogController } from 'fastify'
import { answerClientError } from './lib/client/client-error.ts'
import { isRequestId } from './lib/client/request-id.ts'
import { BadPathError, NoRouteError } from './lib/errors.ts'
import { loadConfiguration } from './lib/load-configuration.ts'
import { toRoutable } from './lib/location/request-target.ts'
import type { GatewayOptions } from './lib/options.ts'
import locations from './plugins/locations.ts'
import { refuseMalformed } from './routes/refuse-malformed.ts'

/** What the command passes on from its flags; with fastify-cli, what stands behind `--`. */
export interface AppOptions {
  /** The configuration file; by default `gateway.config.*` in the working directory, when there is one; `false` for none. */
  config?: string | false
  /** Options that win over the file's. */
  overrides?: GatewayOptions
}

/**
 * How a server of the gateway's own is made: `Fastify(options)`, or `fastify start --options`.
 */
export const options: FastifyServerOptions & { http: ServerOptions } = {
  // The gateway logs one line a request, with what it knows of it.
  logController: new LogController({ disableRequestLogging: true }),
  exposeHeadRoutes: false,
  // How often node looks for clients that are too slow; by default every 30 s, whatever the timeouts.
  http: { connectionsCheckingInterval: 1000 },
  // While stopping, a request on a connection that is still open is answered, with `Connection: close`.
  return503OnClosing: false,
  genReqId: ({ headers: { 'x-request-id': given } }) => isRequestId(given) ? given : randomUUID(),
  rewriteUrl: ({ url }) => toRoutable(url!),
  frameworkErrors: answerRouterError,
  clientErrorHandler: answerClientError,
}

/** The gateway with its configuration file, on a server of its own: what the command and `fastify start` load. */
export default async function app (fastify: FastifyInstance, { config, overrides }: AppOptions): Promise<void> {
  const configuration = await loadConfiguration(config, overrides)
  applyServerOptions(fastify, configuration.options.server)
  fastify.setNotFoundHandler({ preHandler: refuseMalformed }, function answerNoRoute (request, reply) {
    request.log.info({ req: request, statusCode: 404 }, 'request refused')
    reply.header('x-request-id', request.id).send(new NoRouteError())
  })
  await fastify.register(locations, { configuration, hooks: { requestId: request => request.id }, ownsServer: true })
}

/** node reads all of these from the server while it runs, so they can be set after it was made. */
function applyServerOptions ({ server }: FastifyInstance, { connectionTimeout, ...timeouts }: Record<string, number>): void {
  Object.assign(server, timeouts)
  server.setTimeout(connectionTimeout)
}

/** The router's own errors have Fastify's codes; the one for a path that cannot be decoded has a name of ours. */
function answerRouterError (error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  reply.send(error.code === 'FST_ERR_BAD_URL' ? new BadPathError('it cannot be decoded') : error)
}
