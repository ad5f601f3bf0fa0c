import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { App } from '../discovery/app.ts'
import { discoverApps } from '../discovery/discover.ts'
import { readPortMap } from './port-map.ts'
import { createConfigError, type Problem } from '../errors.ts'
import { buildLocations } from './build-locations.ts'
import type { Location } from './types.ts'
import { type GatewayOptions, GatewaySchema } from '../options/schema.ts'
import { type ResolvedOptions, resolveOptions } from '../options/resolve.ts'
import { reportSharedPrefix } from '../static/site.ts'

/** Everything that is known before the first request. */
export interface Configuration {
  options: ResolvedOptions
  /** Those without a route too. */
  apps: readonly App[]
  /** The routing table, the longest prefix first. */
  locations: readonly Location[]
}

/**
 * From what a user wrote to the routing table: checks the options, finds the apps, and finds out where they run.
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
  reportSharedPrefix(options.static, locations, problems)
  if (problems.length > 0) throw createConfigError(problems)
  return { options, apps, locations }
}

/**
 * For a gateway that is started at the root of a project: when the options name no app at all, every folder in `appsDir`
 * is one, as if `installedApps` were `["*"]`. A plugin registered in code does not guess.
 * @param input - the options, of any shape; stays as it is
 * @returns the input itself when it names apps, or when there is no such folder and none was asked for
 */
export function withDiscoveryDefaults (input: unknown, baseDir: string): unknown {
  const given = (input ?? {}) as GatewayOptions
  if (typeof given !== 'object' || Array.isArray(given)) return input
  const namesApps = [given.installedApps, given.apps, given.extraProxy].some(list => list !== undefined)
  const appsDir = given.appsDir ?? GatewaySchema.properties.appsDir.default as string
  if (namesApps || typeof appsDir !== 'string') return input
  const isThere = given.appsDir !== undefined || existsSync(resolve(baseDir, appsDir))
  return isThere ? { ...given, installedApps: ['*'] } : input
}
