import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { resolveConfiguration } from '../lib/configuration.ts'
import type { Gateway } from '../lib/gateway.ts'
import type { GatewayOptions } from '../lib/options.ts'
import locations from './locations.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** What the gateway runs with: its options, the apps that it found, and their locations; and what it is like now. */
    gateway: Gateway
  }
}

/** What the gateway asks of the program that it runs in. */
export interface GatewayHooks {
  /** The id of a request that came without `X-Request-Id`; a random UUID by default. */
  requestId?: (request: FastifyRequest) => string
}

/** The options of the plugin: those of a configuration file, and callbacks. */
export type GatewayPluginOptions = GatewayOptions & { hooks?: GatewayHooks }

/**
 * The gateway as a plugin. Finds the apps, checks everything, and registers one encapsulated child plugin per location.
 * @throws GW_ERR_CONFIG with `problems: [{ path, message }]`, every one that there is
 */
async function gateway (fastify: FastifyInstance, { hooks, ...options }: GatewayPluginOptions): Promise<void> {
  const configuration = await resolveConfiguration(options, process.cwd())
  await fastify.register(locations, { configuration, hooks })
}

export default fp(gateway, { name: 'fastify-gateway', fastify: '5.x' })
