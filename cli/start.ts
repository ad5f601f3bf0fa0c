import { configureDemo, loadDemo, renderLinks } from './demo.ts'
import type { ConfigurationSource, StartFlags } from './flags.ts'
import { renderRoutes } from './route-table.ts'
import { printTable } from './routes.ts'
import { type Service, startInProcess } from './service.ts'
import { reloadOnHangup, stopOnSignal } from './signals.ts'
import type { Terminal } from './terminal.ts'
import { startWorkers } from './workers/start-workers.ts'

/**
 * `fastify-gateway start`: runs the gateway until a signal stops it. All output goes to standard output: the routes and
 * the address as plain lines, the log as JSON around them, or as coloured text on an interactive terminal.
 * @returns the exit code
 */
export async function start (source: ConfigurationSource, flags: StartFlags, terminal: Terminal): Promise<number> {
  const demo = flags.demo === true ? await loadDemo() : undefined
  try {
    const service = await run(demo === undefined ? source : configureDemo(source, demo), flags, terminal)
    const stopped = stopOnSignal(service)
    reloadOnHangup(service.reload, terminal)
    const { locations, options } = service.configuration
    printTable(terminal, renderRoutes(locations, terminal.width, options.static))
    if (demo !== undefined) terminal.print(['', ...renderLinks(demo, service.address, terminal.width)].join('\n'))
    terminal.print(`\nGateway listening on ${service.address}${describeReach(flags.host)}`)
    await stopped
  } finally {
    await demo?.close()
  }
  return 0
}

async function run (source: ConfigurationSource, flags: StartFlags, terminal: Terminal): Promise<Service> {
  if (flags.workers === undefined) return await startInProcess(source, flags, terminal)
  return await startWorkers(source, flags.workers, flags, terminal)
}

function describeReach (host: string): string {
  return host === '0.0.0.0' || host === '::' ? ', and on every other address of this machine' : ''
}
