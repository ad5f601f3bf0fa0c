import { type App, namesOf } from '../discovery/app.ts'
import type { PortMap } from './port-map.ts'
import type { Problem } from '../errors.ts'
import { type FlagOptions, GatewaySchema, type UpstreamListOptions } from '../options/schema.ts'
import { isReported, propertyPath } from '../options/check.ts'
import type { ResolvedOptions } from '../options/resolve.ts'
import { type AddressContext, hostWithPort, parseUpstreams, portOf } from './parse-upstreams.ts'
import type { UpstreamTarget } from './types.ts'

type Described = Pick<App, 'name' | 'prefix' | 'source' | 'fieldBase' | 'baseDir' | 'flags'>

/**
 * The addresses of an app, from the first of these that has one: the `upstreams` option by its prefix, its own
 * `upstreams`, `defaultUpstream` with its own `port`, the port map.
 * @param problems - gets addresses that are none, and an app without any, unless what it says of that is itself reported
 */
export function chooseAppUpstreams (app: App, options: ResolvedOptions, portMap: PortMap, problems: Problem[]): UpstreamTarget[] {
  const mapped = findMapped(app, portMap)
  const port = choosePort(app, portMap)
  const isHttp2 = speaksHttp2(app.flags, options.flags)
  const chosen = chooseOption(app, port, options, problems) ?? parseOwn(app, app.upstreams, { port, isHttp2 }, problems)
  if (chosen !== undefined) return chosen
  if (app.port !== undefined) {
    const address = hostWithPort(options.defaultUpstream, app.port)
    return parseUpstreams(address, { isHttp2, baseDir: options.baseDir, path: 'defaultUpstream' }, problems)
  }
  if (mapped === undefined) reportAppWithout(app, portMap, problems)
  return mapped === undefined || mapped === null ? [] : [{ ...mapped, isHttp2: mapped.isHttp2 || isHttp2 }]
}

/**
 * The addresses of an extra proxy: the `upstreams` option by its prefix, its own `url` or `upstreams`.
 * @param problems - gets addresses that are none, and a proxy with both or none
 */
export function chooseExtraUpstreams (extra: Described, given: { url?: string, upstreams?: UpstreamListOptions }, options: ResolvedOptions, problems: Problem[]): UpstreamTarget[] {
  const { url, upstreams } = given
  if (url !== undefined && upstreams !== undefined) problems.push({ path: extra.source, message: 'has both "url" and "upstreams"; keep one of them' })
  const isHttp2 = speaksHttp2(extra.flags, options.flags)
  const chosen = chooseOption(extra, undefined, options, problems) ??
    parseOwn(extra, upstreams, { isHttp2 }, problems) ??
    (url === undefined ? undefined : parseUpstreams(url, { isHttp2, baseDir: extra.baseDir, path: `${extra.fieldBase}url` }, problems))
  if (chosen !== undefined) return chosen
  const isExplained = isOptionReported(extra.prefix, problems) || ['url', 'upstreams'].some(name => isReported(problems, extra.fieldBase + name))
  if (!isExplained) problems.push({ path: extra.source, message: `has no address: give it a "url" or "upstreams", or name ${showPrefix(extra.prefix)} in the option "upstreams"` })
  return []
}

/** Whether HTTP/2 is spoken to those upstreams of a location that do not say it themselves. @param shared - what the top level says */
export function speaksHttp2 (flags: FlagOptions, shared: FlagOptions): boolean {
  return flags.http2 ?? shared.http2 ?? GatewaySchema.properties.http2.default
}

/** A prefix as users write it where an object has keys: `users`. */
export function toKey (prefix: string): string {
  return prefix.replace(/^\//, '')
}

function showPrefix (prefix: string): string {
  return JSON.stringify(toKey(prefix))
}

/** The forms in which a prefix may be a key of the option `upstreams`. */
function keysFor (prefix: string): string[] {
  const key = toKey(prefix)
  return key === '' ? ['', '/'] : [key, `/${key}`, `${key}/`, `/${key}/`]
}

function chooseOption ({ prefix, name, flags }: Described, port: number | undefined, options: ResolvedOptions, problems: Problem[]): UpstreamTarget[] | undefined {
  const [key, other] = keysFor(prefix).filter(key => Object.hasOwn(options.upstreams, key))
  if (key === undefined) return undefined
  const path = propertyPath(['upstreams', key])
  if (other !== undefined) problems.push({ path, message: `names ${JSON.stringify(name)} twice, as ${JSON.stringify(key)} and ${JSON.stringify(other)}; keep one of them` })
  return parseUpstreams(options.upstreams[key]!, { port, isHttp2: speaksHttp2(flags, options.flags), baseDir: options.baseDir, path }, problems)
}

function parseOwn ({ fieldBase, baseDir }: Described, list: UpstreamListOptions | undefined, common: Pick<AddressContext, 'port' | 'isHttp2'>, problems: Problem[]): UpstreamTarget[] | undefined {
  return list === undefined ? undefined : parseUpstreams(list, { ...common, baseDir, path: `${fieldBase}upstreams` }, problems)
}

function isOptionReported (prefix: string, problems: readonly Problem[]): boolean {
  return problems.some(({ path }) => path === 'upstreams') ||
    keysFor(prefix).some(key => isReported(problems, propertyPath(['upstreams', key])))
}

/** The port that the bare hosts of an app take: its own, or the one in the port map. */
export function choosePort (app: App, portMap: PortMap): number | undefined {
  const mapped = findMapped(app, portMap)
  return app.port ?? (mapped === undefined || mapped === null ? undefined : portOf(mapped))
}

/** What the port map has under the first of the app's names. */
function findMapped (app: App, { addresses }: PortMap): UpstreamTarget | null | undefined {
  const name = namesOf(app).find(name => addresses.has(name))
  return name === undefined ? undefined : addresses.get(name)
}

function reportAppWithout (app: App, portMap: PortMap, problems: Problem[]): void {
  const { name, prefix, source, fieldBase } = app
  const isPortMapReported = problems.some(({ path }) => path === portMap.file || path === 'portMapFile')
  const isOwnReported = problems.some(({ path }) => path === source) || ['upstreams', 'port'].some(field => isReported(problems, fieldBase + field))
  if (isPortMapReported || isOwnReported || isOptionReported(prefix, problems)) return
  const names = [...new Set(namesOf(app))].map(name => JSON.stringify(name)).join(' or ')
  problems.push({
    path: source,
    message: `the app ${JSON.stringify(name)} has no address: the option "upstreams" has no ${showPrefix(prefix)}, the app itself has neither "upstreams" ` +
      `nor a "port" for "defaultUpstream", and ${portMap.file} has no ${names}; add one of these, or name the app in "noExportApps"`,
  })
}
