import type { App } from '../discovery/app.ts'
import { discoverApps } from '../discovery/discover.ts'
import { createConfigError, type Problem } from '../errors.ts'
import { type ResolvedOptions, resolveOptions } from '../options/resolve.ts'
import { buildLocations } from './build-locations.ts'
import { refuseSharedSitePrefix } from './duplicate-prefix.ts'
import { readPortMap } from './port-map.ts'
import type { Location } from '../location.ts'

/** Everything that is known before the first request. */
export interface Configuration {
  options: ResolvedOptions
  /** Apps without a route too. */
  apps: readonly App[]
  /** The routing table, the longest prefix first. */
  locations: readonly Location[]
}

/**
 * From the options as a user wrote them to the routing table: checks them, finds the apps, and resolves their
 * upstreams.
 * @param input - the options, of any shape; stays as it is
 * @param baseDir - absolute; relative paths start there
 * @throws GW_ERR_CONFIG with every problem at once, but none that merely follows from another
 */
export async function resolveConfiguration (input: unknown, baseDir: string): Promise<Configuration> {
  const problems: Problem[] = []
  const options = resolveOptions(input, baseDir, problems)
  const apps = await discoverApps(options, problems)
  const portMap = await readPortMap(options, problems)
  const locations = buildLocations(options, apps, portMap, problems)
  refuseSharedSitePrefix(options.static, locations, problems)
  if (problems.length > 0) throw createConfigError(problems)
  return { options, apps, locations }
}
