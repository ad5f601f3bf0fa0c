import type { FlagOptions } from '../options/location-flags.ts'
import { GatewaySchema } from '../options/schema.ts'

type DefaultFlag =
  'addSlashes' | 'fastapiRedirect' | 'redirectCache' | 'prefixAware' | 'cookiePath' | 'http2' | 'addForwardedHost' |
  'rewriteHost' | 'httpClient' | 'websocket' | 'trace' | 'balancer'

/**
 * The value of a location flag: the app's own, else that of the top level, else the schema's default.
 * @param name - of a flag whose schema has a default; groups such as `timeouts` are filled property by property instead
 */
export function chooseFlag<K extends DefaultFlag> (
  name: K, own: FlagOptions, shared: FlagOptions
): NonNullable<FlagOptions[K]> {
  return own[name] ?? shared[name] ?? GatewaySchema.properties[name].default as NonNullable<FlagOptions[K]>
}
