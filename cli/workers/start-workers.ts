import Fastify, { type FastifyBaseLogger } from 'fastify'
import type { Configuration } from '../../lib/configuration/resolve.ts'
import type { ConfigurationSource, StartFlags } from '../flags.ts'
import { createLogger } from '../logger.ts'
import { describeStop, type Service } from '../service.ts'
import type { Terminal } from '../terminal.ts'
import { coalesce } from './coalesce.ts'
import { findPort } from './find-port.ts'
import { loadAnew } from './load-configuration.ts'
import { SharedProbes } from './shared-health.ts'
import { Supervisor } from './supervisor.ts'
import { WorkerProcess } from './worker-process.ts'

/**
 * Runs the gateway in several processes that share one port, and supervises them. The configuration is loaded here and
 * handed to them, so that all are of one mind: one that takes the place of a dead one, too, whatever is in the files by then.
 * @throws what `loadAnew()`, `findPort()` and a worker throw that cannot start; then none is left running
 */
export async function startWorkers (source: ConfigurationSource, count: number, flags: StartFlags, { isInteractive }: Pick<Terminal, 'isInteractive'>): Promise<Service> {
  const { host, debug: isDebug = false } = flags
  let configuration = await loadAnew(source)
  const port = await findPort(host, flags.port)
  const log = createLog(await createLogger({ isInteractive, isDebug }))
  const probes = new SharedProbes(log, finding => supervisor.tellAll({ type: 'found', finding }))
  const supervisor = new Supervisor(count, log, () => new WorkerProcess({ configuration, host, port, isInteractive, isDebug, findings: probes.findings }))

  function use (next: Configuration): void {
    configuration = next
    probes.use(next.locations)
  }

  async function reload (): Promise<void> {
    const before = configuration
    try {
      use(await loadAnew(source))
    } catch (error) {
      return log.error({ err: error }, 'the new configuration cannot be used; the one before stays')
    }
    const replaced = await supervisor.replaceAll()
    // Whoever replaces a dead one has the configuration of those that are there.
    if (replaced === 0) use(before)
    if (replaced === count) log.info('every worker has been replaced')
  }

  use(configuration)
  try {
    const address = await supervisor.start()
    return {
      address,
      configuration,
      renew: coalesce(reload),
      async stop (signal) {
        log.info(describeStop(signal))
        await supervisor.stop()
        probes.stop()
      },
      abort: () => supervisor.kill(),
    }
  } catch (error) {
    probes.stop()
    throw error
  }
}

/** A logger as a server has it: the primary has none of its own, and its lines are to look the same. */
function createLog (logger: Awaited<ReturnType<typeof createLogger>>): FastifyBaseLogger {
  return Fastify({ logger }).log
}
