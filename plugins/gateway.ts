import { randomUUID } from 'node:crypto'
import { METHODS } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { createClientAddressReader, createPeerReader } from '../lib/downstream/client-address.ts'
import { isRequestId } from '../lib/headers/request-fault.ts'
import { Shutdown } from '../lib/downstream/shutdown.ts'
import { createBlockList } from '../lib/downstream/subnet.ts'
import { validateRequests } from '../lib/downstream/request-validation.ts'
import { type Configuration, resolveConfiguration } from '../lib/configuration/resolve.ts'
import { createGateway, type Gateway } from '../lib/configuration/gateway.ts'
import { isOwned } from '../lib/routing/decide.ts'
import { LocationTable } from '../lib/routing/location-table.ts'
import type { GatewayOptions } from '../lib/options/schema.ts'
import { Dispatcher } from '../lib/dispatch/dispatcher.ts'
import type { HealthSourceFactory } from '../lib/health/health-source.ts'
import type { Location } from '../lib/location.ts'
import { selectRewrites } from '../lib/rewrite/classify-response.ts'
import locationRoutes, { type LocationOptions } from '../routes/location.ts'
import cors from './cors.ts'
import gracefulShutdown from './graceful-shutdown.ts'
import healthCheck, { createHealthLog } from './health-check.ts'
import http2Sessions from './http2-sessions.ts'
import { refuseHost } from './refuse-host.ts'
import rewriteHeaders from './rewrite-headers.ts'
import rewriteOpenApi from './rewrite-openapi.ts'
import staticSite from './static-site.ts'
import upgradeRouting from './upgrade-routing.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * What the gateway runs with: its options, the apps that it found, and their locations; and what it is like now.
     */
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

/** A gateway whose options are resolved already. */
export interface ResolvedGateway {
  configuration: Configuration
  hooks?: GatewayHooks | undefined
  /** The server is the gateway's own: at the end of the grace period every connection is closed. */
  isStandalone?: boolean
  /** What finds out about the health of upstreams; every location does so by itself by default. */
  createHealthSource?: HealthSourceFactory | undefined
}

/**
 * The gateway as a plugin. Finds the apps, checks everything, and registers one encapsulated child plugin per location.
 * @throws GW_ERR_CONFIG with `problems: [{ path, message }]`, every one that there is
 */
async function gateway (fastify: FastifyInstance, { hooks, ...options }: GatewayPluginOptions): Promise<void> {
  await registerGateway(fastify, { configuration: await resolveConfiguration(options, process.cwd()), hooks })
}

/** What the plugin does with resolved options, on whatever server. */
export async function registerGateway (fastify: FastifyInstance, gateway: ResolvedGateway): Promise<void> {
  const { configuration, hooks = {}, isStandalone = false, createHealthSource } = gateway
  const { locations, options } = configuration
  refuseHost(fastify, configuration)
  const endValidation = validateRequests(fastify.server)
  fastify.addHook('onClose', async () => endValidation())
  // In a scope with a prefix of its own, that is the first part of every public path.
  const mount = <T extends { prefix: string }>(owner: T): T => ({ ...owner, prefix: fastify.prefix + owner.prefix })
  const dispatchers = locations.map(location => new Dispatcher(mount(location), {
    onHealthChange: createHealthLog(fastify.log, location.name, createHealthSource === undefined),
    createHealthSource,
  }))
  const table = new LocationTable(dispatchers.map(({ location }) => location))
  const shutdown = new Shutdown()
  const shared = { ...createReaders(configuration, hooks, isStandalone), shutdown }
  await fastify.register(gracefulShutdown, { shutdown, dispatchers, ...options.shutdown, isStandalone })
  await fastify.register(http2Sessions, { shutdown, isStandalone, silence: options.server })
  await fastify.register(healthCheck, { dispatchers })
  await fastify.register(upgradeRouting, { owns: target => isOwned(table, target) })
  fastify.decorate('gateway', createGateway(configuration, dispatchers, shutdown))

  async function registerRoutes (scope: FastifyInstance): Promise<void> {
    if (options.cors !== null) await scope.register(cors, { policy: options.cors })
    for (const [index, { prefix }] of locations.entries()) {
      await scope.register(nameScope(prefix), {
        ...shared,
        prefix,
        dispatcher: dispatchers[index]!,
        plugins: listPlugins(dispatchers[index]!.location),
      })
    }
    if (options.static !== null) {
      await scope.register(staticSite, {
        prefix: options.static.prefix,
        site: mount(options.static),
        readTarget: shared.readTarget,
      })
    }
  }
  await fastify.register(addMethods)
  // In a host server, a scope keeps CORS off its own routes. In our own, also what no location owns has its hooks.
  await (isStandalone ? registerRoutes(fastify) : fastify.register(registerRoutes))
}

/** The plugins of a location's scope. */
function listPlugins (location: Location): LocationOptions['plugins'] {
  const { headers, content } = selectRewrites(location)
  return [...headers ? [rewriteHeaders] : [], ...content !== null ? [rewriteOpenApi] : []]
}

/** The same plugin under a name that tells its scope from the others, in `printPlugins()` and in Fastify's errors. */
function nameScope (prefix: string): typeof locationRoutes {
  const scope: typeof locationRoutes = (fastify, options) => locationRoutes(fastify, options)
  return Object.defineProperty(scope, 'name', { value: `location ${prefix || '/'}` })
}

/** How a request is read, the same way for every location. */
function createReaders (
  { options }: Configuration,
  hooks: GatewayHooks,
  isStandalone: boolean
): Omit<LocationOptions, 'dispatcher' | 'plugins' | 'shutdown'> {
  const trustedProxies = createBlockList(options.trustedProxies)
  const createId = hooks.requestId ?? (() => randomUUID())
  return {
    readPeer: createPeerReader(trustedProxies),
    readClientAddress: createClientAddressReader(trustedProxies),
    readRequestId (request) {
      const given = request.headers['x-request-id']
      return isRequestId(given) ? given : createId(request)
    },
    // Our own server routes by `toRoutable` and keeps the original; in a host server, a rewritten URL is what it meant.
    readTarget: isStandalone ? request => request.originalUrl : request => request.raw.url!,
  }
}

/**
 * Every method that node's parser knows gets a route. CONNECT asks for a tunnel and never reaches one. In a scope of
 * its own: Fastify adds a shorthand for each, `fastify.propfind()`, which could collide with a name of the host's.
 */
async function addMethods (scope: FastifyInstance): Promise<void> {
  const known = new Set(scope.supportedMethods)
  for (const method of METHODS) {
    if (method !== 'CONNECT' && !known.has(method)) scope.addHttpMethod(method, { hasBody: true })
  }
}

export default fp(gateway, { name: 'fastify-gateway', fastify: '5.x' })
