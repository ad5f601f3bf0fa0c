import { loadConfiguration } from '../lib/configuration/load.ts'
import { describeRoutes } from './describe-routes.ts'
import type { ConfigurationSource } from './flags.ts'
import { renderRoutes, renderUnexported } from './route-table.ts'
import type { Terminal } from './terminal.ts'

/** `fastify-gateway routes`: prints the routing table, as text or as JSON. Returns the exit code. */
export async function routes (
  source: ConfigurationSource,
  { json = false }: { json?: boolean },
  terminal: Terminal
): Promise<number> {
  const { apps, locations, options } = await loadConfiguration(source.config, source.overrides)
  if (json) {
    terminal.print(JSON.stringify(describeRoutes(locations), null, 2))
    return 0
  }
  printTable(terminal, renderRoutes(locations, terminal.width, options.static))
  const unexported = renderUnexported(apps, terminal.width)
  if (unexported.length > 0) terminal.print(['', ...unexported].join('\n'))
  return 0
}

/** Prints a table with its first line, the titles, in bold. */
export function printTable (terminal: Terminal, [titles = '', ...rows]: string[]): void {
  terminal.print([terminal.bold(titles), ...rows].join('\n'))
}
