import type { LocationTable } from './location-table.ts'
import { joinBase, resolvePath } from './upstream-path.ts'
import { parseRequestTarget } from './request-target.ts'
import type { Location, UpstreamTarget } from '../configuration/types.ts'

/** What becomes of a request. */
export type Decision =
  | { kind: 'forward', location: Location, path: string }
  | { kind: 'no-route' }
  | { kind: 'bad-path', location: Location, reason: string }

/**
 * Which location a request goes to, and as which path: the decision that the gateway makes, whose first half Fastify's
 * router makes in its stead where it has routes for each location. The longest prefix wins.
 * @param target - in origin-form, with its query, as the client wrote it
 * @returns `path` as from `resolvePath`
 */
export function decideRoute (locations: LocationTable, target: string): Decision {
  const location = locations.find(target)
  if (location === undefined) return { kind: 'no-route' }
  const path = resolvePath(location, target)
  if (typeof path === 'string') return { kind: 'forward', location, path }
  return { kind: 'bad-path', location, reason: path.reason }
}

/** Whether a location owns what a request line asks for. */
export function isOwned (locations: LocationTable, requestTarget: string): boolean {
  const target = parseRequestTarget(requestTarget)?.target
  return target !== undefined && locations.find(target) !== undefined
}

/**
 * The whole URL that a request becomes on one upstream, for showing.
 * @param path - from `resolvePath`
 */
export function upstreamUrl (upstream: UpstreamTarget, path: string): string {
  const place = upstream.socketPath === null ? upstream.origin : `unix:${upstream.socketPath}:`
  return place + joinBase(upstream.basePath, path)
}
