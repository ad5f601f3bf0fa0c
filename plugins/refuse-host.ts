import { Server as TlsServer } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import type { Configuration } from '../lib/configuration/resolve.ts'
import { createConfigError } from '../lib/errors.ts'

/**
 * What the gateway cannot work in is said at registration, and not by every answer.
 * @throws GW_ERR_CONFIG
 */
export function refuseHost (fastify: FastifyInstance, { locations, options }: Configuration): void {
  if (fastify.hasDecorator('gateway')) {
    refuse('', 'this scope has a gateway already; register the second one in a scope of its own, or give one gateway ' +
      'all the apps')
  }
  if (fastify.hasDecorator('websocketServer') && locations.some(({ websocket }) => websocket)) {
    refuse('', '@fastify/websocket is registered in this scope and closes every WebSocket of a route that is not its ' +
      'own; register it behind the gateway or in a scope of its own, or set "websocket" to false')
  }
  // Whatever sets `tls` relies on it: where it cannot hold, going on without encryption would be worse than not to
  // start.
  if (options.tls !== null && !(fastify.server instanceof TlsServer)) {
    refuse('tls', 'this server speaks plain HTTP, and only the command can make one that does not; run ' +
      '"fastify-gateway start", or make the server with "https" and leave "tls" away')
  }
}

function refuse (path: string, message: string): never {
  throw createConfigError([{ path, message }])
}
