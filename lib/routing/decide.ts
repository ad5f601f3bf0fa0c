import type { Location, UpstreamTarget } from '../location.ts'
import type { LocationTable } from './location-table.ts'
import { parseRequestTarget } from './request-target.ts'
import { joinBase, resolvePath } from './upstream-path.ts'

/** The location and the path of a request, or why it has none. */
export type RouteDecision =
  | { kind: 'forward', location: Location, path: string }
  | { kind: 'no-route' }
  | { kind: 'bad-path', location: Location, reason: string }

/**
 * The location of a request, and its path there. A running gateway decides the same: Fastify's router finds the
 * location, where each has its own routes, and `resolvePath` the path. The longest prefix wins.
 * @param target - in origin-form, with its query, as the client wrote it
 * @returns `path` as from `resolvePath`
 */
export function decideRoute (locations: LocationTable, target: string): RouteDecision {
  const location = locations.find(target)
  if (location === undefined) return { kind: 'no-route' }
  const path = resolvePath(location, target)
  if (typeof path === 'string') return { kind: 'forward', location, path }
  return { kind: 'bad-path', location, reason: path.reason }
}

/** Whether the target of a request line is below the prefix of a location. */
export function isOwned (locations: LocationTable, requestTarget: string): boolean {
  const target = parseRequestTarget(requestTarget)?.target
  return target !== undefined && locations.find(target) !== undefined
}

/**
 * The whole URL of a request at one upstream, for display.
 * @param path - from `resolvePath`
 */
export function upstreamUrl (upstream: UpstreamTarget, path: string): string {
  const base = upstream.socketPath === null ? upstream.origin : `unix:${upstream.socketPath}:`
  return base + joinBase(upstream.basePath, path)
}
