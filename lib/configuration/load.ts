import { type Configuration, resolveConfiguration, withDiscoveryDefaults } from './resolve.ts'
import { loadOptions } from '../options/load-options.ts'
import type { GatewayOptions } from '../options/schema.ts'

/**
 * The configuration of a gateway that is started in the working directory: its file, the flags, and the apps that are there.
 * @param file - see `loadOptions`
 * @throws GW_ERR_CONFIG with every problem
 */
export async function loadConfiguration (file?: string | false, overrides?: GatewayOptions): Promise<Configuration> {
  const { input, baseDir } = await loadOptions(process.cwd(), file, overrides)
  return await resolveConfiguration(withDiscoveryDefaults(input, baseDir), baseDir)
}
