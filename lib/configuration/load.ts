import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { loadOptions } from '../options/load-options.ts'
import { type GatewayOptions, GatewaySchema } from '../options/schema.ts'
import { type Configuration, resolveConfiguration } from './resolve.ts'

/**
 * The configuration of a gateway that is started in the working directory: its file, the flags, and the apps found
 * there.
 * @param file - a configuration file; `false` for none; by default `gateway.config.*` if there is one
 * @param overrides - from flags; see `loadOptions`
 * @throws GW_ERR_CONFIG with every problem
 */
export async function loadConfiguration (file?: string | false, overrides?: GatewayOptions): Promise<Configuration> {
  const { input, baseDir } = await loadOptions(process.cwd(), file, overrides)
  return await resolveConfiguration(withDiscoveryDefaults(input, baseDir), baseDir)
}

/**
 * For a gateway that is started at the root of a project: when the options name no app at all, every folder in
 * `appsDir` is one, as if `installedApps` were `["*"]`. A plugin registered in code does not guess.
 * @param input - the options, of any shape; stays as it is
 * @returns the input itself when it names apps, or when there is no such folder and the options do not name it
 */
export function withDiscoveryDefaults (input: unknown, baseDir: string): unknown {
  const given = (input ?? {}) as GatewayOptions
  if (typeof given !== 'object' || Array.isArray(given)) return input
  const hasApps = [given.installedApps, given.apps, given.extraProxy].some(list => list !== undefined)
  const appsDir = given.appsDir ?? GatewaySchema.properties.appsDir.default as string
  if (hasApps || typeof appsDir !== 'string') return input
  const isFolderExpected = given.appsDir !== undefined || existsSync(resolve(baseDir, appsDir))
  return isFolderExpected ? { ...given, installedApps: ['*'] } : input
}
