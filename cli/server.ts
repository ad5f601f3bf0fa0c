import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { options } from '../app.ts'
import type { Configuration } from '../lib/configuration/resolve.ts'
import type { HealthSourceFactory } from '../lib/health/health-source.ts'
import { loadPair } from '../lib/tls/resolve.ts'
import standalone from '../plugins/standalone.ts'
import { createTlsOptions, watchCertificate } from './tls.ts'

export interface ServerSettings {
  configuration: Configuration
  host: string
  port: number
  logger: FastifyServerOptions['logger']
  /** Leaves Fastify's own line with the address out of the log, because the command or the primary prints it. */
  hidesAddress: boolean
  /** Source of the health of upstreams; by default this server sends its own probes. */
  createHealthSource?: HealthSourceFactory
}

/** A gateway that listens. */
export interface RunningGateway {
  fastify: FastifyInstance
  /** `http://127.0.0.1:8000`, with the real port; for all interfaces, an address that can be opened on this machine. */
  address: string
  /** Reads the certificate again, and logs the result. */
  reloadCertificate: () => Promise<void>
}

/**
 * Makes a server for the gateway, and listens.
 * @throws GW_ERR_CONFIG; the system's error of the address (`EADDRINUSE`, `EACCES`, ...). Then nothing is left open.
 */
export async function startGateway (settings: ServerSettings): Promise<RunningGateway> {
  const { configuration, host, port, logger, hidesAddress, createHealthSource } = settings
  const { tls } = configuration.options
  const pair = tls === null ? null : loadPair(tls)
  const fastify = Fastify({ ...options, logger, ...(pair !== null && createTlsOptions(pair, configuration.options)) })
  try {
    await fastify.register(standalone, { configuration, createHealthSource })
    await fastify.ready()
    await listen(fastify, { host, port }, hidesAddress)
    const reloadCertificate = pair === null ? createPlainReload(fastify) : watchCertificate(fastify, tls!, pair)
    return { fastify, address: describeAddress(fastify, pair !== null), reloadCertificate }
  } catch (error) {
    await fastify.close()
    throw error
  }
}

type Address = Pick<ServerSettings, 'host' | 'port'>

async function listen (fastify: FastifyInstance, address: Address, hidesAddress: boolean): Promise<void> {
  const { level } = fastify.log
  if (hidesAddress) fastify.log.level = 'warn'
  await fastify.listen(address)
  fastify.log.level = level
}

function createPlainReload ({ log }: FastifyInstance): () => Promise<void> {
  return async () => log.info('there is no certificate to read again: the server speaks plain HTTP')
}

function describeAddress ({ server }: FastifyInstance, isSecure: boolean): string {
  const { address, port } = server.address() as AddressInfo
  return `${isSecure ? 'https' : 'http'}://${describeHost(address)}:${port}`
}

function describeHost (address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1'
  if (address === '::') return '[::1]'
  return address.includes(':') ? `[${address}]` : address
}
