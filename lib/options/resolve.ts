import { resolve } from 'node:path'
import { isIP } from 'node:net'
import { parseSubnet, type Subnet } from '../downstream/subnet.ts'
import { type CorsPolicy, resolveCorsPolicy } from '../cors/policy.ts'
import type { Problem } from '../errors.ts'
import { resolveSite, type StaticSite } from '../static/site.ts'
import type { PemSources } from '../tls/pem.ts'
import { resolveTls } from '../tls/resolve.ts'
import { checkShape } from './check.ts'
import { collectDefaults, fillGroup } from './fill-group.ts'
import { type FlagOptions, pickFlags } from './location-flags.ts'
import {
  type ExtraProxyOptions, type GatewayOptions, GatewaySchema, type InlineAppOptions, type UpstreamListOptions,
} from './schema.ts'
import { copyValidPart } from './valid-part.ts'

/**
 * The options, checked and filled; durations in milliseconds, paths absolute. Only data, so that they can be sent to
 * another process.
 */
export interface ResolvedOptions {
  /** Folder that relative paths start from: the config file's, or the working directory. */
  baseDir: string
  appsDir: string
  installedApps: readonly string[]
  noExportApps: readonly string[]
  /** `isRequired` when the user named it: then it is a problem if the file does not exist. */
  portMapFile: { path: string, isRequired: boolean }
  apps: readonly InlineAppOptions[]
  extraProxy: readonly ExtraProxyOptions[]
  upstreams: Readonly<Record<string, UpstreamListOptions>>
  defaultUpstream: string
  /** Flags set at the top level, for every location. */
  flags: FlagOptions
  trustedProxies: readonly Subnet[]
  /** `null` when CORS is left to the apps. */
  cors: CorsPolicy | null
  static: StaticSite | null
  shutdown: { delay: number, gracePeriod: number }
  /** Where the server's certificate and key are; `null` for plain HTTP. */
  tls: PemSources | null
  server: {
    headersTimeout: number
    requestTimeout: number
    keepAliveTimeout: number
    connectionTimeout: number
    /** Bytes. */
    maxHeaderSize: number
  }
}

/**
 * Checks and fills the options. The caller's object stays as it is.
 * @param input - as the user wrote it, of any shape
 * @param baseDir - absolute; relative paths start there
 * @param problems - gets every fault. Faulty parts are left out of the result, so that the rest can be checked too. A
 *   list has a hole where an entry was wrong, so that the others keep their index; `flatMap()` and `forEach()` skip it
 */
export function resolveOptions (input: unknown, baseDir: string, problems: Problem[]): ResolvedOptions {
  problems.push(...checkShape(GatewaySchema, input ?? {}))
  const given = (copyValidPart(GatewaySchema, input ?? {}) ?? {}) as GatewayOptions
  const options = { ...collectDefaults(GatewaySchema), ...given } as Required<GatewayOptions>
  return {
    baseDir,
    appsDir: resolve(baseDir, options.appsDir),
    installedApps: options.installedApps,
    noExportApps: options.noExportApps,
    portMapFile: {
      path: resolve(baseDir, given.portMapFile ?? 'service_ports.json'),
      isRequired: given.portMapFile !== undefined,
    },
    apps: options.apps,
    extraProxy: options.extraProxy,
    upstreams: options.upstreams,
    defaultUpstream: checkHost(options.defaultUpstream, problems),
    flags: pickFlags(given),
    trustedProxies: parseTrustedProxies(options.trustedProxies, problems),
    cors: resolveCorsPolicy(options, problems),
    static: resolveSite(given.static, baseDir, problems),
    shutdown: fillGroup(GatewaySchema.properties.shutdown, given.shutdown),
    tls: resolveTls(given.tls, baseDir, problems),
    server: fillGroup(GatewaySchema.properties.server, given.server),
  }
}

/** A name, or IPv6 in brackets. */
const HOST = /^(?:[\w.-]+|\[[\da-fA-F:.]+\])$/

/** It is joined with each app's port, so it can be no more than a host. */
function checkHost (host: string, problems: Problem[]): string {
  const isHost = isIP(host) !== 0 || (HOST.test(host) && URL.canParse(`http://${host}`))
  if (isHost) return host
  const message = `must be a host name or an IP address, without scheme and port, not ${JSON.stringify(host)}`
  problems.push({ path: 'defaultUpstream', message })
  return '127.0.0.1'
}

function parseTrustedProxies (list: readonly string[], problems: Problem[]): Subnet[] {
  const subnets: Subnet[] = []
  list.forEach((entry, index) => {
    const subnet = parseSubnet(entry)
    const message = `must be an IP address or a CIDR such as "10.0.0.0/8", not ${JSON.stringify(entry)}`
    if (subnet === undefined) problems.push({ path: `trustedProxies[${index}]`, message })
    else subnets.push(subnet)
  })
  return subnets
}
