import { loadConfiguration } from '../lib/configuration/load.ts'
import type { Location } from '../lib/location.ts'
import { decideRoute, upstreamUrl } from '../lib/routing/decide.ts'
import { LocationTable } from '../lib/routing/location-table.ts'
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

/** A route in the JSON output. Properties may be added, never renamed or removed. */
export interface RouteDescription {
  /** `/users`; empty for all paths that no other location owns. */
  prefix: string
  /** The app's name; `null` for an extra proxy. */
  app: string | null
  kind: 'app' | 'extra'
  upstreams: { url: string, weight: number }[]
  /** As in the options: `[pattern, replacement]`. */
  rewrite: [string, string] | null
  addSlashes: boolean
  /** An example request; `null` when its path would be refused, or the location has no upstream. */
  example: { request: string, upstream: string } | null
}

/** The routing table as `fastify-gateway routes --json` prints it. */
export function describeRoutes (locations: readonly Location[]): RouteDescription[] {
  const table = new LocationTable(locations)
  return locations.map(({ prefix, name, kind, upstreams, rewrite, addSlashes }) => ({
    prefix,
    app: kind === 'app' ? name : null,
    kind,
    upstreams: upstreams.map(({ url, weight }) => ({ url, weight })),
    // `source` escapes slashes, also where the user has not.
    rewrite: rewrite === null ? null : [rewrite.pattern.source.replaceAll('\\/', '/'), rewrite.replacement],
    addSlashes,
    example: findExample(prefix, table),
  }))
}

/** By the same function that routes every request of the gateway. */
function findExample (prefix: string, locations: LocationTable): RouteDescription['example'] {
  const request = `${prefix}/example?page=1`
  const decision = decideRoute(locations, request)
  if (decision.kind !== 'forward') return null
  const [upstream] = decision.location.upstreams
  return upstream === undefined ? null : { request, upstream: upstreamUrl(upstream, decision.path) }
}
