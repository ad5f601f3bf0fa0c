import { randomUUID } from 'node:crypto'
import { METHODS } from 'node:http'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Configuration } from '../lib/configuration.ts'
import { createGateway } from '../lib/gateway.ts'
import { createClientAddressReader } from '../lib/client/client-address.ts'
import { createPeerReader } from '../lib/client/peer.ts'
import { chooseRequestId } from '../lib/client/request-id.ts'
import { createBlockList } from '../lib/client/subnet.ts'
import { vetRequests } from '../lib/client/vetting.ts'
import { isOwned } from '../lib/location/decide.ts'
import { LocationTable } from '../lib/location/location-table.ts'
import { Dispatcher } from '../lib/upstream/dispatcher.ts'
import type { HealthSourceFactory } from '../lib/upstream/health-source.ts'
import proxy, { type Mount, type ProxyOptions } from '../routes/proxy.ts'
import cors from './cors.ts'
import draining from './draining.ts'
import type { GatewayHooks } from './gateway.ts'
import http2Sessions from './http2-sessions.ts'
import healthCheck, { createHealthLog } from './health-check.ts'
import { refuseHost } from './refuse-host.ts'
import staticSite from './static-site.ts'
import upgrades from './upgrades.ts'

export interface LocationsOptions {
  configuration: Configuration
  hooks?: GatewayHooks | undefined
  /** The server is the gateway's own: at the end of the grace period every connection is closed. */
  ownsServer?: boolean
  /** Who finds out about the health of upstreams; every location does so by itself by default. */
  createHealthSource?: HealthSourceFactory | undefined
}

async function registerLocations (fastify: FastifyInstance, { configuration, hooks = {}, ownsServer = false, createHealthSource }: LocationsOptions): Promise<void> {
  const { locations, options } = configuration
  refuseHost(fastify, configuration)
  addMethods(fastify)
  const endVetting = vetRequests(fastify.server)
  fastify.addHook('onClose', async () => endVetting())
  // In a scope with a prefix of its own, that is the first part of every public path.
  const mount = <T extends { prefix: string }>(owner: T): T => ({ ...owner, prefix: fastify.prefix + owner.prefix })
  const mounts: Mount[] = locations.map(location => ({
    prefix: location.prefix,
    dispatcher: new Dispatcher(mount(location), { onHealthChange: createHealthLog(fastify.log, location.name, createHealthSource === undefined), createHealthSource }),
  }))
  const dispatchers = mounts.map(({ dispatcher }) => dispatcher)
  const table = new LocationTable(dispatchers.map(({ location }) => location))
  const readers = { ...createReaders(configuration, hooks, ownsServer), locations: table }
  await fastify.register(draining, { dispatchers, ...options.shutdown, ownsServer })
  await fastify.register(http2Sessions, { ownsServer, silence: options.server })
  await fastify.register(healthCheck, { dispatchers })
  await fastify.register(upgrades, { owns: target => isOwned(table, target) })
  fastify.decorate('gateway', createGateway(configuration, dispatchers, fastify.isDraining))
  async function serve (scope: FastifyInstance): Promise<void> {
    if (options.cors !== null) await scope.register(cors, { policy: options.cors })
    if (ownsServer) await scope.register(proxy, { ...readers, mounts, ownsServer })
    else for (const { prefix, dispatcher } of mounts) await scope.register(proxy, { ...readers, prefix, mounts: [{ prefix: '', dispatcher }], ownsServer })
    if (options.static !== null) await scope.register(staticSite, { prefix: options.static.prefix, site: mount(options.static), readTarget: readers.readTarget })
  }
  // In somebody else's server, a scope keeps CORS off their own routes.
  await (ownsServer ? serve(fastify) : fastify.register(serve))
}

/** How a request is read, the same way for every location. */
function createReaders ({ options }: Configuration, hooks: GatewayHooks, ownsServer: boolean): Omit<ProxyOptions, 'locations' | 'mounts' | 'ownsServer'> {
  const trustedProxies = createBlockList(options.trustedProxies)
  const createId = hooks.requestId ?? (() => randomUUID())
  return {
    readPeer: createPeerReader(trustedProxies),
    readClientAddress: createClientAddressReader(trustedProxies),
    readRequestId: request => chooseRequestId(request.headers['x-request-id'], () => createId(request)),
    // Our own server routes by `toRoutable` and keeps the original; in somebody else's, a rewritten URL is what they meant.
    readTarget: ownsServer ? request => request.originalUrl : request => request.raw.url!,
  }
}

/** Every method that node's parser knows gets a route. CONNECT asks for a tunnel and never reaches one. */
function addMethods (fastify: FastifyInstance): void {
  const known = new Set(fastify.supportedMethods)
  for (const method of METHODS) {
    if (method !== 'CONNECT' && !known.has(method)) fastify.addHttpMethod(method, { hasBody: true })
  }
}

export default fp(registerLocations, { name: 'gateway-locations', fastify: '5.x' })
