import type { Configuration } from '../lib/configuration/resolve.ts'
import { loadConfiguration } from '../lib/configuration/load.ts'
import type { ConfigurationSource, StartFlags } from './flags.ts'
import { createLogger } from './logger.ts'
import { startGateway } from './server.ts'
import type { Terminal } from './terminal.ts'

/** A gateway that runs, in this process or in several, and what signals do to it. */
export interface Service {
  /** `http://127.0.0.1:8000`, with the real port; for all interfaces, one that can be opened here. */
  address: string
  configuration: Configuration
  /** SIGHUP: reads anew what can be read anew. Never rejects. */
  renew: () => Promise<void>
  /** Resolves when what was under way is finished. */
  stop: (signal: string) => Promise<void>
  /** This process is about to exit, whatever is under way. */
  abort: () => void
}

/**
 * Runs the gateway in this process.
 * @throws as `startGateway()`
 */
export async function startHere ({ config, overrides }: ConfigurationSource, { host, port, debug = false }: StartFlags, { isInteractive }: Pick<Terminal, 'isInteractive'>): Promise<Service> {
  const configuration = await loadConfiguration(config, overrides)
  const logger = await createLogger({ isInteractive, isDebug: debug })
  const { fastify, address, renewCertificate } = await startGateway({ configuration, host, port, logger, hidesAddress: isInteractive })
  return {
    address,
    configuration,
    renew: renewCertificate,
    async stop (signal) {
      fastify.log.info(describeStop(signal))
      await fastify.close()
    },
    abort: () => {},
  }
}

export function describeStop (signal: string): string {
  return `${signal}: finishing what is under way; once more exits at once`
}
