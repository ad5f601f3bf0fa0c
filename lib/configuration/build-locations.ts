import { type App } from '../discovery/app.ts'
import type { PortMap } from './port-map.ts'
import { isMissing, isNameFaulty, isRosterSure } from '../discovery/app-list.ts'
import type { Problem } from '../errors.ts'
import { type FlagOptions, GatewaySchema, openApiGroup } from '../options/schema.ts'
import { propertyPath } from '../options/check.ts'
import { createGroupFiller, createSwitchableFiller } from '../options/fill-group.ts'
import { pickFlags, type ResolvedOptions } from '../options/resolve.ts'
import { suggest } from '../options/suggest.ts'
import { chooseAppUpstreams, chooseExtraUpstreams, choosePort, speaksHttp2, toKey } from './choose-upstreams.ts'
import { normalizePrefix } from '../routing/prefix.ts'
import { createResilienceBuilder } from './resilience.ts'
import { compileRewrite } from '../routing/rewrite-rule.ts'
import type { Location, UpstreamTarget } from './types.ts'

/** What becomes a location: an exported app, or an extra proxy. */
interface Candidate extends Pick<App, 'name' | 'prefix' | 'source' | 'fieldBase' | 'baseDir' | 'flags'> {
  kind: Location['kind']
  port: number | undefined
  chooseUpstreams: () => UpstreamTarget[]
}

/**
 * The routing table: a location for each exported app and each extra proxy, the longest prefix first.
 * @param problems - gets prefixes that are none or that two of them have, those without an address, and faulty rewrites;
 *   with one of these, what is returned is good for nothing but being checked further
 */
export function buildLocations (options: ResolvedOptions, apps: readonly App[], portMap: PortMap, problems: Problem[]): Location[] {
  const candidates = listCandidates(options, apps, portMap, problems)
  reportUnknownUpstreams(options, apps, candidates, problems)
  reportPrefixes(candidates, problems)
  return candidates
    .map(createBuilder(options.flags, problems))
    .sort((a, b) => b.prefix.length - a.prefix.length)
}

function listCandidates (options: ResolvedOptions, apps: readonly App[], portMap: PortMap, problems: Problem[]): Candidate[] {
  const exported = apps.filter(app => app.isExported).map((app): Candidate => (
    { ...app, kind: 'app', port: choosePort(app, portMap), chooseUpstreams: () => chooseAppUpstreams(app, options, portMap, problems) }
  ))
  const extras = options.extraProxy.flatMap((given, index): Candidate => {
    const source = `extraProxy[${index}]`
    const prefix = normalizePrefix(given.prefix) ?? given.prefix
    const extra = { name: prefix === '' ? '/' : prefix, prefix, source, fieldBase: `${source}.`, baseDir: options.baseDir, flags: pickFlags(given) }
    return { ...extra, kind: 'extra', port: undefined, chooseUpstreams: () => chooseExtraUpstreams(extra, given, options, problems) }
  })
  return [...exported, ...extras]
}

/** A key of `upstreams` that fits no prefix is a typing error that would go unnoticed. */
function reportUnknownUpstreams (options: ResolvedOptions, apps: readonly App[], candidates: readonly Candidate[], problems: Problem[]): void {
  const isSure = isRosterSure(options, apps, problems)
  for (const key of Object.keys(options.upstreams)) {
    const prefix = normalizePrefix(key)
    if (candidates.some(candidate => candidate.prefix === prefix)) continue
    const app = apps.find(app => app.prefix === prefix)
    if (app === undefined ? !isSure : isMissing(app)) continue
    problems.push({ path: propertyPath(['upstreams', key]), message: app === undefined ? describeUnknown(key, candidates) : `the app "${app.name}" gets no route (${app.reason})` })
  }
}

function describeUnknown (key: string, candidates: readonly Candidate[]): string {
  const known = candidates.map(({ prefix }) => toKey(prefix))
  const nearest = suggest(key.replace(/^\/|\/$/g, ''), known)
  const remedy = nearest === undefined ? `known are ${known.map(prefix => JSON.stringify(prefix)).join(', ') || 'none'}` : `did you mean "${nearest}"?`
  return `nothing has the prefix ${JSON.stringify(key)}; ${remedy}`
}

function reportPrefixes (candidates: readonly Candidate[], problems: Problem[]): void {
  const owners = new Map<string, Candidate>()
  for (const candidate of candidates) {
    const { prefix, name, source, fieldBase } = candidate
    const owner = owners.get(prefix)
    if (normalizePrefix(prefix) === undefined) {
      problems.push({ path: `${fieldBase}prefix`, message: `${JSON.stringify(prefix)} cannot be a prefix: give "${name}" one of letters, digits and -._~, such as "users" or "v1/users"` })
    } else if (owner === undefined) {
      owners.set(prefix, candidate)
    } else if (![owner, candidate].some(one => isNameFaulty(one, problems))) {
      problems.push({ path: `${fieldBase}prefix`, message: `"${name}" (${source}) and "${owner.name}" (${owner.source}) both have the prefix "${prefix}"; give one of them another "prefix"` })
    }
  }
}

/** Compiles a rewrite that the top level sets once, so that a fault in it is one problem. */
function compileFlag ({ rewrite }: FlagOptions, path: string, problems: Problem[]): Location['rewrite'] {
  return rewrite === undefined ? null : compileRewrite(rewrite, path, problems)
}

/** @param shared - what the top level says for all */
function createBuilder (shared: FlagOptions, problems: Problem[]): (candidate: Candidate) => Location {
  const defaults = GatewaySchema.properties
  const sharedRewrite = compileFlag(shared, 'rewrite', problems)
  const fillOpenApi = createSwitchableFiller<NonNullable<Location['openapi']>>(openApiGroup, true, shared.openapi)
  const fillTimeouts = createGroupFiller<Location['timeouts']>(defaults.timeouts, shared.timeouts)
  const buildResilience = createResilienceBuilder(shared, problems)

  return function buildLocation (candidate) {
    const { name, prefix, kind, flags, fieldBase } = candidate
    return {
      name,
      prefix,
      kind,
      port: candidate.port ?? null,
      upstreams: candidate.chooseUpstreams(),
      http2: speaksHttp2(flags, shared),
      rewrite: flags.rewrite === undefined ? sharedRewrite : compileFlag(flags, `${fieldBase}rewrite`, problems),
      addSlashes: flags.addSlashes ?? shared.addSlashes ?? defaults.addSlashes.default,
      fastapiRedirect: flags.fastapiRedirect ?? shared.fastapiRedirect ?? defaults.fastapiRedirect.default,
      redirectCache: flags.redirectCache ?? shared.redirectCache ?? defaults.redirectCache.default,
      prefixAware: flags.prefixAware ?? shared.prefixAware ?? defaults.prefixAware.default,
      cookiePath: flags.cookiePath ?? shared.cookiePath ?? defaults.cookiePath.default,
      openapi: fillOpenApi(flags.openapi),
      addForwardedHost: flags.addForwardedHost ?? shared.addForwardedHost ?? defaults.addForwardedHost.default,
      rewriteHost: flags.rewriteHost ?? shared.rewriteHost ?? defaults.rewriteHost.default,
      httpClient: flags.httpClient ?? shared.httpClient ?? defaults.httpClient.default,
      websocket: flags.websocket ?? shared.websocket ?? defaults.websocket.default,
      trace: flags.trace ?? shared.trace ?? defaults.trace.default,
      timeouts: fillTimeouts(flags.timeouts),
      ...buildResilience(candidate),
    }
  }
}
