import { randomUUID } from 'node:crypto'
import { METHODS } from 'node:http'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Configuration } from '../lib/configuration.ts'
import { createPeerReader } from '../lib/client/peer.ts'
import { isRequestId } from '../lib/client/request-id.ts'
import { vetRequests } from '../lib/client/vetting.ts'
import { Dispatcher } from '../lib/upstream/dispatcher.ts'
import proxy, { type ProxyOptions } from '../routes/proxy.ts'
import draining from './draining.ts'
import type { GatewayHooks } from './gateway.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** What the gateway runs with: its options, the apps that it found, and their locations. */
    gateway: Configuration
  }
}

export interface LocationsOptions {
  configuration: Configuration
  hooks?: GatewayHooks | undefined
  /** The server is the gateway's own: at the end of the grace period every connection is closed. */
  ownsServer?: boolean
}

async function registerLocations (fastify: FastifyInstance, { configuration, hooks = {}, ownsServer = false }: LocationsOptions): Promise<void> {
  const { locations, options } = configuration
  fastify.decorate('gateway', configuration)
  addMethods(fastify)
  const endVetting = vetRequests(fastify.server)
  fastify.addHook('onClose', async () => endVetting())
  const dispatchers = locations.map(location => new Dispatcher(location))
  const readers = createReaders(configuration, hooks, ownsServer)
  await fastify.register(draining, { dispatchers, gracePeriod: options.shutdown.gracePeriod, ownsServer })
  for (const dispatcher of dispatchers) {
    await fastify.register(proxy, { ...readers, prefix: dispatcher.location.prefix, dispatcher })
  }
}

/** How a request is read, the same way for every location. */
function createReaders ({ options }: Configuration, hooks: GatewayHooks, ownsServer: boolean): Omit<ProxyOptions, 'dispatcher'> {
  const newId = hooks.requestId ?? (() => randomUUID())
  return {
    readPeer: createPeerReader(options.trustedProxies),
    readRequestId: request => {
      const given = request.headers['x-request-id']
      return isRequestId(given) ? given : newId(request)
    },
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
