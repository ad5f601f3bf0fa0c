import type { Configuration } from './resolve.ts'
import { createConfigError, type Problem } from '../errors.ts'
import { parseUpstreams } from './parse-upstreams.ts'
import { normalizePrefix } from '../routing/prefix.ts'
import { UpstreamListSchema, type UpstreamListOptions } from '../options/schema.ts'
import { checkShape } from '../options/check.ts'
import type { Dispatcher } from '../dispatch/dispatcher.ts'

/** What a running gateway tells, and what can be changed of it. */
export interface Gateway extends Configuration {
  /** Every exported app has an upstream that takes requests and is neither down nor ejected, and the gateway does not stop. */
  isReady (): boolean
  /**
   * Other upstreams for an app, or other weights, from now on: 0 drains. An address that stays keeps its health and its
   * connections; one that is left out finishes what it has; a new one joins, with `slowStart` where that is set.
   * @param prefix - of the app or the extra proxy, with or without slashes
   * @param upstreams - as in the options; all that it has from now on
   * @throws GW_ERR_CONFIG for addresses that are none, and for a prefix that nobody has; then nothing is changed
   */
  setUpstreams (prefix: string, upstreams: UpstreamListOptions): void
  /**
   * Stops as `fastify.close()` does where another process takes the place of this one, so that no client notices: it takes no
   * new connections from the start, without `shutdown.delay`, and closes none that is idle. A client that uses one in that
   * very moment would see a reset; instead the next request gets `Connection: close`. What is left at the end of the grace
   * period is closed.
   * @param abort - aborted when there will be no successor: from then on it is an ordinary stop
   */
  handOver (abort: AbortSignal): Promise<void>
}

/** What the server does to it. */
export interface GatewayLifecycle {
  isStopping: () => boolean
  handOver: Gateway['handOver']
}

/**
 * @param dispatchers - of the configuration's locations, in the same order
 */
export function createGateway (configuration: Configuration, dispatchers: readonly Dispatcher[], { isStopping, handOver }: GatewayLifecycle): Gateway {
  const { locations, options: { baseDir } } = configuration
  return {
    ...configuration,
    handOver,
    isReady: () => !isStopping() && dispatchers.every(({ location, pool }) => location.kind === 'extra' || pool.hasHealthyUpstream),
    setUpstreams (prefix, upstreams) {
      const problems: Problem[] = checkShape(UpstreamListSchema, upstreams, 'upstreams')
      const index = locations.findIndex(location => location.prefix === normalizePrefix(String(prefix)))
      if (index === -1) problems.push({ path: 'prefix', message: `nothing has the prefix ${JSON.stringify(prefix)}; there are ${locations.map(location => JSON.stringify(location.prefix)).join(', ')}` })
      if (problems.length > 0) throw createConfigError(problems)
      const targets = parseUpstreams(upstreams, { port: locations[index]!.port ?? undefined, isHttp2: locations[index]!.http2, baseDir, path: 'upstreams' }, problems)
      if (problems.length > 0) throw createConfigError(problems)
      // The dispatcher has a copy, whose prefix is that of the scope as well.
      locations[index]!.upstreams = targets
      dispatchers[index]!.update(targets)
    },
  }
}
