import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import fp from 'fastify-plugin'
import app, { options } from '../app.ts'
import type { Configuration } from '../lib/configuration.ts'
import type { ConfigurationSource } from './flags.ts'

export interface ServerSettings extends ConfigurationSource {
  host: string
  port: number
  logger: FastifyServerOptions['logger']
  /** Leave Fastify's own line about its address out of the log, because somebody else prints it. */
  hidesAddress: boolean
}

/** A gateway that listens. */
export interface RunningGateway {
  fastify: FastifyInstance
  /** `http://127.0.0.1:8000`, with the real port; for all interfaces, one that can be opened here. */
  address: string
  configuration: Configuration
}

/**
 * Makes a server for the gateway, and listens.
 * @throws GW_ERR_CONFIG; what the system says of the address (`EADDRINUSE`, `EACCES`, ...). Then nothing is left open.
 */
export async function startGateway ({ config, overrides, host, port, logger, hidesAddress }: ServerSettings): Promise<RunningGateway> {
  const fastify = Fastify({ ...options, logger })
  try {
    // Unwrapped, the app would keep `fastify.gateway` to itself.
    await fastify.register(fp(app), { config, overrides })
    await fastify.ready()
    await listen(fastify, { host, port }, hidesAddress)
    return { fastify, address: describeAddress(fastify.server.address() as AddressInfo), configuration: fastify.gateway }
  } catch (error) {
    await fastify.close()
    throw error
  }
}

async function listen (fastify: FastifyInstance, where: { host: string, port: number }, hidesAddress: boolean): Promise<void> {
  const { level } = fastify.log
  if (hidesAddress) fastify.log.level = 'warn'
  await fastify.listen(where)
  fastify.log.level = level
}

function describeAddress ({ address, port }: AddressInfo): string {
  if (address === '0.0.0.0') return `http://127.0.0.1:${port}`
  if (address === '::') return `http://[::1]:${port}`
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`
}
