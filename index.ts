export { default, type GatewayHooks, type GatewayPluginOptions } from './plugins/gateway.ts'
export type { Configuration } from './lib/configuration/resolve.ts'
export type { Gateway } from './lib/configuration/gateway.ts'
export {
  BadPathError,
  BadRequestError,
  BadUpstreamResponseError,
  MethodNotAllowedError,
  NoRouteError,
  NoUpstreamError,
  OverloadedError,
  UpgradeRefusedError,
  UpstreamTimeoutError,
  UpstreamUnreachableError,
} from './lib/errors.ts'
export type { GatewayConfigError, GatewayError, Problem } from './lib/errors.ts'
export { GatewaySchema, type GatewayOptions } from './lib/options/schema.ts'
