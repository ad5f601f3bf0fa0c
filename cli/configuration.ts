import { type Configuration, resolveConfiguration, withDiscoveryDefaults } from '../lib/configuration.ts'
import { loadOptions } from '../lib/load-options.ts'
import type { ConfigurationSource } from './flags.ts'

/**
 * The configuration that `start` would run with, without running it.
 * @throws GW_ERR_CONFIG with every problem
 */
export async function readConfiguration ({ config, overrides }: ConfigurationSource): Promise<Configuration> {
  const { input, baseDir } = await loadOptions(process.cwd(), config, overrides)
  return await resolveConfiguration(await withDiscoveryDefaults(input, baseDir), baseDir)
}
