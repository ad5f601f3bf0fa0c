import { decideRoute, upstreamUrl } from '../lib/routing/decide.ts'
import { LocationTable } from '../lib/routing/location-table.ts'
import type { Location } from '../lib/configuration/types.ts'

/** A location for machines. New properties may be added; these stay. */
export interface RouteDescription {
  /** `/users`; empty for what nothing else owns. */
  prefix: string
  /** The app's name; `null` for an extra proxy. */
  app: string | null
  kind: 'app' | 'extra'
  upstreams: { url: string, weight: number }[]
  /** As in the options: `[pattern, replacement]`. */
  rewrite: [string, string] | null
  addSlashes: boolean
  /** What becomes of one request; `null` when its path would be refused, or the location has no upstream. */
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
    // A regular expression escapes the slashes of its source, which nobody wrote.
    rewrite: rewrite === null ? null : [rewrite.pattern.source.replaceAll('\\/', '/'), rewrite.replacement],
    addSlashes,
    example: exampleOf(prefix, table),
  }))
}

/** Made by the decision that the gateway makes for every request, so it shows what really happens. */
function exampleOf (prefix: string, locations: LocationTable): RouteDescription['example'] {
  const request = `${prefix}/example?page=1`
  const decision = decideRoute(locations, request)
  if (decision.kind !== 'forward') return null
  const [upstream] = decision.location.upstreams
  return upstream === undefined ? null : { request, upstream: upstreamUrl(upstream, decision.path) }
}
