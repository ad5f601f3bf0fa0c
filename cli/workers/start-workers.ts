import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import Fastify, { type FastifyBaseLogger } from 'fastify'
import type { Configuration } from '../../lib/configuration/resolve.ts'
import type { ConfigurationSource, StartFlags } from '../flags.ts'
import { createLogger } from '../logger.ts'
import { describeStop, type Service } from '../service.ts'
import type { Terminal } from '../terminal.ts'
import { coalesce } from './coalesce.ts'
import { loadInThread } from './load-configuration.ts'
import { SharedHealthChecks } from './shared-health.ts'
import { Supervisor } from './supervisor.ts'
import { WorkerProcess } from './worker-process.ts'

/**
 * Runs the gateway in several processes that share one port, and supervises them. The configuration is loaded here and
 * sent to the workers, so that all have the same: also one that replaces a dead worker while the files are edited.
 * @throws the errors of `loadInThread()`, `findPort()` and of a worker that cannot start; then none is left running
 */
export async function startWorkers (
  source: ConfigurationSource,
  count: number,
  { host, port: givenPort, debug: isDebug = false }: StartFlags,
  { isInteractive }: Pick<Terminal, 'isInteractive'>
): Promise<Service> {
  let configuration = await loadInThread(source)
  const port = await findPort(host, givenPort)
  const log = createLog(await createLogger({ isInteractive, isDebug }))
  const checks = new SharedHealthChecks(log, health => supervisor.broadcast({ type: 'health', health }))
  const supervisor = new Supervisor(count, log, launchWorker)

  function launchWorker (): WorkerProcess {
    return new WorkerProcess({ configuration, host, port, isInteractive, isDebug, health: checks.results })
  }

  function use (next: Configuration): void {
    configuration = next
    checks.use(next.locations)
  }

  async function reload (): Promise<void> {
    const previous = configuration
    try {
      use(await loadInThread(source))
    } catch (error) {
      return log.error({ err: error }, 'the new configuration cannot be used; the one before stays')
    }
    const replaced = await supervisor.replaceAll()
    // A worker that replaces a dead one has to have the configuration of the others.
    if (replaced === 0) use(previous)
    if (replaced === count) log.info('every worker has been replaced')
  }

  use(configuration)
  try {
    const address = await supervisor.start()
    return {
      address,
      configuration,
      reload: coalesce(reload),
      async stop (signal) {
        log.info(describeStop(signal))
        await supervisor.stop()
        checks.stop()
      },
      abort: () => supervisor.kill(),
    }
  } catch (error) {
    checks.stop()
    throw error
  }
}

/** A logger like that of a server: the primary has no server, and its lines have to look the same. */
function createLog (logger: Awaited<ReturnType<typeof createLogger>>): FastifyBaseLogger {
  return Fastify({ logger }).log
}

/**
 * Checks that an address can be listened on, by doing so for a moment, and finds the port that the system chooses for
 * 0. So a fault is reported once, before there is any worker. And the port stays the same when all workers have died,
 * with whom node closes the listening socket.
 * @throws the system's error (`EADDRINUSE`, `EACCES`, ...)
 */
async function findPort (host: string, port: number): Promise<number> {
  const server = net.createServer().listen({ host, port })
  await once(server, 'listening')
  const { port: found } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return found
}
