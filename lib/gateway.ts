import type { Configuration } from './configuration.ts'
import { createConfigError, type Problem } from './errors.ts'
import { parseUpstreams } from './location/address.ts'
import { normalizePrefix } from './location/prefix.ts'
import { UpstreamListSchema, type UpstreamListOptions } from './options.ts'
import { checkShape } from './options/check.ts'
import type { Dispatcher } from './upstream/dispatcher.ts'

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
}

/**
 * @param dispatchers - of the configuration's locations, in the same order
 * @param isDraining - whether the gateway stops
 */
export function createGateway (configuration: Configuration, dispatchers: readonly Dispatcher[], isDraining: () => boolean): Gateway {
  const { locations, options: { baseDir } } = configuration
  return {
    ...configuration,
    isReady: () => !isDraining() && dispatchers.every(({ location, pool }) => location.kind === 'extra' || pool.isUsable),
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
