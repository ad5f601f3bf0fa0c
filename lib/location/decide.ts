import { joinBase, prefixEnd, resolvePath } from './path.ts'
import type { Location, UpstreamTarget } from './types.ts'

/** What becomes of a request. */
export type Decision =
  | { kind: 'forward', location: Location, path: string }
  | { kind: 'no-route' }
  | { kind: 'bad-path', location: Location, reason: string }

/**
 * Which location a request goes to, and as which path: the decision that the gateway makes, whose first half Fastify's
 * router makes in its stead. The longest prefix wins.
 * @param locations - in any order, no prefix twice
 * @param target - in origin-form, with its query, as the client wrote it
 * @returns `path` as from `resolvePath`
 */
export function decideRoute (locations: readonly Location[], target: string): Decision {
  const location = findLocation(locations, target)
  if (location === undefined) return { kind: 'no-route' }
  const path = resolvePath(location, target)
  if (typeof path === 'string') return { kind: 'forward', location, path }
  return { kind: 'bad-path', location, reason: path.reason }
}

function findLocation (locations: readonly Location[], target: string): Location | undefined {
  let longest: Location | undefined
  for (const location of locations) {
    if (longest !== undefined && longest.prefix.length >= location.prefix.length) continue
    if (prefixEnd(location.prefix, target) !== -1) longest = location
  }
  return longest
}

/**
 * The whole URL that a request becomes on one upstream, for showing.
 * @param path - from `resolvePath`
 */
export function upstreamUrl (upstream: UpstreamTarget, path: string): string {
  const place = upstream.socketPath === null ? upstream.origin : `unix:${upstream.socketPath}:`
  return place + joinBase(upstream.basePath, path)
}
