import type { GatewayOptions } from '../lib/options/schema.ts'
import type { ServeStaticFlags } from './serve-static-flags.ts'
import { start } from './start.ts'
import type { Terminal } from './terminal.ts'

/**
 * `fastify-gateway serve-static`: a single-page app and its API under one address, until a signal stops it. It is a gateway
 * that is configured by its flags alone; a configuration file that happens to be there has no part in it.
 * @param tls - what the flags of the certificate say
 * @returns the exit code
 */
export async function serveStatic ({ host, port, debug, ...site }: ServeStaticFlags, tls: GatewayOptions, terminal: Terminal): Promise<number> {
  return await start({ config: false, overrides: { ...toOptions(site), ...tls } }, { host, port, ...(debug !== undefined && { debug }) }, terminal)
}

function toOptions ({ root, apiPrefix, apiTarget }: Pick<ServeStaticFlags, 'root' | 'apiPrefix' | 'apiTarget'>): GatewayOptions {
  return {
    extraProxy: [{ prefix: apiPrefix, url: apiTarget }],
    static: { root, spa: true },
  }
}
