import type { GatewayOptions } from '../lib/options/schema.ts'
import type { ServeStaticFlags } from './flags.ts'
import { start } from './start.ts'
import type { Terminal } from './terminal.ts'

/**
 * `fastify-gateway serve-static`: serves a single-page app and its API under one address, until a signal stops it. It
 * is a gateway that is configured by these flags only: configuration files are not read.
 * @param tls - from the flags of the certificate
 * @returns the exit code
 */
export async function serveStatic (
  { host, port, debug, ...site }: ServeStaticFlags,
  tls: GatewayOptions,
  terminal: Terminal
): Promise<number> {
  const source = { config: false, overrides: { ...toOptions(site), ...tls } } as const
  return await start(source, { host, port, ...(debug !== undefined && { debug }) }, terminal)
}

type SiteFlags = Pick<ServeStaticFlags, 'root' | 'apiPrefix' | 'apiTarget'>

function toOptions ({ root, apiPrefix, apiTarget }: SiteFlags): GatewayOptions {
  return {
    extraProxy: [{ prefix: apiPrefix, url: apiTarget }],
    static: { root, spa: true },
  }
}
