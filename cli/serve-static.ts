import { type Command, Option } from 'commander'
import type { GatewayOptions } from '../lib/options.ts'
import { addTlsFlags, debugFlag, listenFlags } from './flags.ts'
import { start } from './start.ts'
import type { Terminal } from './terminal.ts'

/** What `serve-static` is told. */
export interface ServeStaticFlags {
  host: string
  port: number
  root: string
  apiPrefix: string
  apiTarget: string
  debug?: boolean
}

const flags: readonly Option[] = [
  ...listenFlags(8080),
  new Option('--root <folder>', 'the built files, with the index.html').default('./static', './static'),
  new Option('--api-prefix <prefix>', 'first part of the API\'s paths').default('/api', '/api'),
  new Option('--api-target <url>', 'where the API runs; a path in it is put before every other').default('http://127.0.0.1:8000', 'http://127.0.0.1:8000'),
  debugFlag,
]

export function addServeStaticFlags (command: Command): Command {
  for (const option of flags) command.addOption(option)
  return addTlsFlags(command)
}

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
