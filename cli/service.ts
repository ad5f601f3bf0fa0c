import type { Configuration } from '../lib/configuration/resolve.ts'
import { loadConfiguration } from '../lib/configuration/load.ts'
import type { ConfigurationSource, StartFlags } from './flags.ts'
import { createLogger } from './logger.ts'
import { startGateway } from './server.ts'
import type { Terminal } from './terminal.ts'

/** A gateway that runs, in this process or in several, with its reactions to signals. */
export interface Service {
  /** `http://127.0.0.1:8000`, with the real port; for all interfaces, an address that can be opened on this machine. */
  address: string
  configuration: Configuration
  /** SIGHUP: reloads the certificate, and with workers the whole configuration. Never rejects. */
  reload: () => Promise<void>
  /** Resolves when what was under way is finished. */
  stop: (signal: string) => Promise<void>
  /** Called before this process exits, whatever is under way. */
  abort: () => void
}

/**
 * Runs the gateway in this process.
 * @throws as `startGateway()`
 */
export async function startInProcess (
  { config, overrides }: ConfigurationSource,
  { host, port, debug: isDebug = false }: StartFlags,
  { isInteractive }: Pick<Terminal, 'isInteractive'>
): Promise<Service> {
  const configuration = await loadConfiguration(config, overrides)
  const logger = await createLogger({ isInteractive, isDebug })
  const settings = { configuration, host, port, logger, hidesAddress: isInteractive }
  const { fastify, address, reloadCertificate } = await startGateway(settings)
  return {
    address,
    configuration,
    reload: reloadCertificate,
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
