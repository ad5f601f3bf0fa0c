import { createConfigError, type Problem } from '../errors.ts'
import { checkShape } from '../options/check.ts'
import { type UpstreamListOptions, UpstreamListSchema } from '../options/schema.ts'
import { normalizePrefix } from '../routing/prefix.ts'
import { parseUpstreams } from './parse-upstreams.ts'
import type { Configuration } from './resolve.ts'
import type { Location, UpstreamTarget } from '../location.ts'

/** The configuration of a running gateway, its state, and the upstreams, which can be replaced. */
export interface Gateway extends Configuration {
  /**
   * Every exported app has an upstream that takes requests and is neither down nor ejected, and the gateway does not
   * stop.
   */
  isReady (): boolean
  /**
   * Replaces the upstreams of an app, or their weights: 0 drains. An address that stays keeps its health and its
   * connections; one that is left out finishes its requests; a new one joins, with `slowStart` where that is set.
   * @param prefix - of the app or the extra proxy, with or without slashes
   * @param upstreams - as in the options; all upstreams of the app from now on
   * @throws GW_ERR_CONFIG for invalid addresses, and for a prefix that no location has; then nothing is changed
   */
  setUpstreams (prefix: string, upstreams: UpstreamListOptions): void
  /**
   * Stops as `fastify.close()` does where another process takes the place of this one, so that no client notices: it
   * takes no new connections from the start, without `shutdown.delay`, and closes none that is idle. A client that uses
   * one in that very moment would see a reset; instead the next request gets `Connection: close`. What is left at the
   * end of the grace period is closed.
   * @param abort - aborted when there will be no successor: from then on it is an ordinary stop
   */
  handOver (abort: AbortSignal): Promise<void>
}

/** What the server does to it. */
export interface GatewayLifecycle {
  isStopping: () => boolean
  handOver: Gateway['handOver']
}

/** The part of a location's dispatcher that the gateway object needs. */
export interface LocationDispatcher {
  readonly location: Pick<Location, 'kind'>
  readonly pool: { readonly hasHealthyUpstream: boolean }
  update (upstreams: readonly UpstreamTarget[]): void
}

/**
 * The object that `fastify.gateway` is.
 * @param dispatchers - of the configuration's locations, in the same order
 */
export function createGateway (
  configuration: Configuration, dispatchers: readonly LocationDispatcher[], { isStopping, handOver }: GatewayLifecycle
): Gateway {
  return {
    ...configuration,
    handOver,
    isReady: () => !isStopping() &&
      dispatchers.every(({ location, pool }) => location.kind === 'extra' || pool.hasHealthyUpstream),
    setUpstreams (prefix, upstreams) {
      const { index, targets } = parseUpdate(prefix, upstreams, configuration)
      // The dispatcher has a copy of the location, whose prefix includes that of the scope.
      configuration.locations[index]!.upstreams = targets
      dispatchers[index]!.update(targets)
    },
  }
}

function parseUpdate (prefix: string, upstreams: UpstreamListOptions, { locations, options }: Configuration): {
  index: number, targets: UpstreamTarget[]
} {
  const problems: Problem[] = checkShape(UpstreamListSchema, upstreams, 'upstreams')
  const index = locations.findIndex(location => location.prefix === normalizePrefix(String(prefix)))
  if (index === -1) problems.push({ path: 'prefix', message: describeUnknown(prefix, locations) })
  if (problems.length > 0) throw createConfigError(problems)
  const { port, http2 } = locations[index]!
  const context = { port: port ?? undefined, isHttp2: http2, baseDir: options.baseDir, path: 'upstreams' }
  const targets = parseUpstreams(upstreams, context, problems)
  if (problems.length > 0) throw createConfigError(problems)
  return { index, targets }
}

function describeUnknown (prefix: string, locations: readonly Location[]): string {
  const known = locations.map(location => JSON.stringify(location.prefix)).join(', ')
  return `nothing has the prefix ${JSON.stringify(prefix)}; there are ${known}`
}
