import { type App, listAppNames } from '../discovery/app.ts'
import type { Problem } from '../errors.ts'
import { isReported } from '../options/check.ts'
import type { ResolvedOptions } from '../options/resolve.ts'
import type { UpstreamListOptions } from '../options/schema.ts'
import { chooseFlag } from './flags.ts'
import { type AddressContext, joinHostPort, parseUpstreams } from './parse-upstreams.ts'
import type { PortMap } from './port-map.ts'
import type { UpstreamTarget } from '../location.ts'
import { findUpstreamEntry, isEntryReported, showKey } from './upstream-keys.ts'

type ExtraProxy = Pick<App, 'name' | 'prefix' | 'source' | 'fieldBase' | 'baseDir' | 'flags'>
type AddressDefaults = Pick<AddressContext, 'port' | 'isHttp2'>

/**
 * The upstreams of an app, from the first of these that exists: the option `upstreams` under its prefix, its own
 * `upstreams`, `defaultUpstream` with its own `port`, the port map.
 * @param problems - gets invalid addresses, and an app without any, unless a problem that explains it is reported
 *   already
 */
export function chooseAppUpstreams (
  app: App, options: ResolvedOptions, portMap: PortMap, problems: Problem[]
): UpstreamTarget[] {
  const defaults = { port: choosePort(app, portMap), isHttp2: chooseFlag('http2', app.flags, options.flags) }
  const configured = parseEntry(app, defaults, options, problems) ?? parseOwn(app, app.upstreams, defaults, problems)
  if (configured !== undefined) return configured
  if (app.port !== undefined) {
    const address = joinHostPort(options.defaultUpstream, app.port)
    return parseUpstreams(address, { ...defaults, baseDir: options.baseDir, path: 'defaultUpstream' }, problems)
  }
  const mapped = findMapped(app, portMap)
  if (mapped === undefined) reportMissingAddress(app, portMap, problems)
  return mapped === undefined || mapped === null ? [] : [{ ...mapped, isHttp2: mapped.isHttp2 || defaults.isHttp2 }]
}

/**
 * The upstreams of an extra proxy: the option `upstreams` under its prefix, its own `url` or `upstreams`.
 * @param problems - gets invalid addresses, and a proxy with both or none
 */
export function chooseExtraUpstreams (
  extra: ExtraProxy, given: { url?: string, upstreams?: UpstreamListOptions }, options: ResolvedOptions,
  problems: Problem[]
): UpstreamTarget[] {
  const { source, fieldBase, baseDir, prefix } = extra
  const { url, upstreams } = given
  if (url !== undefined && upstreams !== undefined) {
    problems.push({ path: source, message: 'has both "url" and "upstreams"; keep one of them' })
  }
  const defaults = { isHttp2: chooseFlag('http2', extra.flags, options.flags) }
  const configured = parseEntry(extra, defaults, options, problems) ?? parseOwn(extra, upstreams, defaults, problems)
  if (configured !== undefined) return configured
  if (url !== undefined) return parseUpstreams(url, { ...defaults, baseDir, path: `${fieldBase}url` }, problems)
  const isExplained = isEntryReported(prefix, problems) ||
    ['url', 'upstreams'].some(name => isReported(problems, fieldBase + name))
  const remedy = `give it a "url" or "upstreams", or name ${showKey(prefix)} in the option "upstreams"`
  if (!isExplained) problems.push({ path: source, message: `has no address: ${remedy}` })
  return []
}

/** From the option `upstreams`. */
function parseEntry (
  owner: ExtraProxy, defaults: AddressDefaults, options: ResolvedOptions, problems: Problem[]
): UpstreamTarget[] | undefined {
  const entry = findUpstreamEntry(owner, options, problems)
  if (entry === undefined) return undefined
  return parseUpstreams(entry.upstreams, { ...defaults, baseDir: options.baseDir, path: entry.path }, problems)
}

/** From the `upstreams` of the app or the extra proxy itself. */
function parseOwn (
  { fieldBase, baseDir }: ExtraProxy, list: UpstreamListOptions | undefined, defaults: AddressDefaults,
  problems: Problem[]
): UpstreamTarget[] | undefined {
  if (list === undefined) return undefined
  return parseUpstreams(list, { ...defaults, baseDir, path: `${fieldBase}upstreams` }, problems)
}

/** The port of an app's bare hosts: its own, or the one in the port map. */
export function choosePort (app: App, portMap: PortMap): number | undefined {
  return app.port ?? findMapped(app, portMap)?.port ?? undefined
}

/** The port map's entry for the first of the app's names that it has; `null` for a faulty one. */
function findMapped (app: App, { addresses }: PortMap): UpstreamTarget | null | undefined {
  const name = listAppNames(app).find(name => addresses.has(name))
  return name === undefined ? undefined : addresses.get(name)
}

function reportMissingAddress (app: App, portMap: PortMap, problems: Problem[]): void {
  const { name, prefix, source, fieldBase } = app
  const isPortMapReported = problems.some(({ path }) => path === portMap.file || path === 'portMapFile')
  const isOwnReported = problems.some(({ path }) => path === source) ||
    ['upstreams', 'port'].some(field => isReported(problems, fieldBase + field))
  if (isPortMapReported || isOwnReported || isEntryReported(prefix, problems)) return
  const names = [...new Set(listAppNames(app))].map(name => JSON.stringify(name)).join(' or ')
  problems.push({
    path: source,
    message: `the app ${JSON.stringify(name)} has no address: the option "upstreams" has no ${showKey(prefix)}, ` +
      'the app itself has neither "upstreams" nor a "port" for "defaultUpstream", ' +
      `and ${portMap.file} has no ${names}; add one of these, or name the app in "noExportApps"`,
  })
}
