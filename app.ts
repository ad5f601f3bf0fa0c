import { randomUUID } from 'node:crypto'
import { type FastifyInstance, type FastifyServerOptions, LogController } from 'fastify'
import { sendClientError } from './lib/downstream/client-error.ts'
import { isRequestId } from './lib/headers/request-fault.ts'
import { loadConfiguration } from './lib/configuration/load.ts'
import { toRoutable } from './lib/routing/request-target.ts'
import type { GatewayOptions } from './lib/options/schema.ts'
import standalone from './plugins/standalone.ts'

/** What the command passes on from its flags; with fastify-cli, what stands behind `--`. */
export interface AppOptions {
  /**
   * The configuration file; by default `gateway.config.*` in the working directory, when there is one; `false` for
   * none.
   */
  config?: string | false
  /** Options that win over the file's. */
  overrides?: GatewayOptions
}

/**
 * How a server of the gateway's own is made: `Fastify(options)`, or `fastify start --options`.
 */
export const options: FastifyServerOptions = {
  // The gateway logs one line a request, with what it knows of it.
  logController: new LogController({ disableRequestLogging: true }),
  exposeHeadRoutes: false,
  // While stopping, a request on a connection that is still open is answered, with `Connection: close`.
  return503OnClosing: false,
  // Stopping takes as long as `shutdown` says; Fastify would end it with an error after ten seconds.
  pluginTimeout: 0,
  genReqId: ({ headers: { 'x-request-id': given } }) => isRequestId(given) ? given : randomUUID(),
  rewriteUrl: ({ url }) => toRoutable(url!),
  clientErrorHandler: sendClientError,
}

/** The gateway with its configuration file, on a server of its own: what the command and `fastify start` load. */
export default async function app (fastify: FastifyInstance, { config, overrides }: AppOptions): Promise<void> {
  await fastify.register(standalone, { configuration: await loadConfiguration(config, overrides) })
}
