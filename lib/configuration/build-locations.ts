import type { App } from '../discovery/app.ts'
import type { Problem } from '../errors.ts'
import { createGroupFiller, createSwitchableFiller } from '../options/fill-group.ts'
import { type FlagOptions, OpenApi, pickFlags } from '../options/location-flags.ts'
import type { ResolvedOptions } from '../options/resolve.ts'
import { type ExtraProxyOptions, GatewaySchema } from '../options/schema.ts'
import { normalizePrefix } from '../routing/prefix.ts'
import { compileRewrite } from '../routing/rewrite-rule.ts'
import { chooseAppUpstreams, chooseExtraUpstreams, choosePort } from './choose-upstreams.ts'
import { refuseDuplicatePrefixes } from './duplicate-prefix.ts'
import { chooseFlag } from './flags.ts'
import type { PortMap } from './port-map.ts'
import { createResilienceBuilder } from './resilience.ts'
import type { Location, OpenApiRule, Timeouts, UpstreamTarget } from '../location.ts'
import { refuseUnknownKeys } from './upstream-keys.ts'

/** An exported app or an extra proxy, which becomes a location. */
interface Candidate extends Pick<App, 'name' | 'prefix' | 'source' | 'fieldBase' | 'baseDir' | 'flags'> {
  kind: Location['kind']
  port: number | undefined
  chooseUpstreams: () => UpstreamTarget[]
}

/**
 * The routing table: a location for each exported app and each extra proxy, the longest prefix first.
 * @param problems - gets invalid and duplicate prefixes, locations without an address, and faulty rewrites; if there
 *   are any, the result may only be checked further, not used
 */
export function buildLocations (
  options: ResolvedOptions, apps: readonly App[], portMap: PortMap, problems: Problem[]
): Location[] {
  const candidates = [
    ...apps.filter(app => app.isExported).map(app => fromApp(app, options, portMap, problems)),
    // `flatMap` skips the holes that wrong entries have left.
    ...options.extraProxy.flatMap((given, index) => fromExtraProxy(given, index, options, problems)),
  ]
  refuseUnknownKeys(options, apps, candidates, problems)
  refuseDuplicatePrefixes(candidates, problems)
  return candidates
    .map(createLocationBuilder(options.flags, problems))
    .sort((a, b) => b.prefix.length - a.prefix.length)
}

function fromApp (app: App, options: ResolvedOptions, portMap: PortMap, problems: Problem[]): Candidate {
  return {
    ...app,
    kind: 'app',
    port: choosePort(app, portMap),
    chooseUpstreams: () => chooseAppUpstreams(app, options, portMap, problems),
  }
}

function fromExtraProxy (
  given: ExtraProxyOptions, index: number, options: ResolvedOptions, problems: Problem[]
): Candidate {
  const source = `extraProxy[${index}]`
  const prefix = normalizePrefix(given.prefix) ?? given.prefix
  const extra = {
    name: prefix === '' ? '/' : prefix,
    prefix,
    source,
    fieldBase: `${source}.`,
    baseDir: options.baseDir,
    flags: pickFlags(given),
  }
  return {
    ...extra,
    kind: 'extra',
    port: undefined,
    chooseUpstreams: () => chooseExtraUpstreams(extra, given, options, problems),
  }
}

/** @param shared - the flags of the top level, resolved once, so that a fault in them is one problem */
function createLocationBuilder (shared: FlagOptions, problems: Problem[]): (candidate: Candidate) => Location {
  const sharedRewrite = resolveRewrite(shared, 'rewrite', problems)
  const fillOpenApi = createSwitchableFiller<OpenApiRule>(OpenApi, true, shared.openapi)
  const fillTimeouts = createGroupFiller<Timeouts>(GatewaySchema.properties.timeouts, shared.timeouts)
  const buildResilience = createResilienceBuilder(shared, problems)

  return function buildLocation (candidate) {
    const { name, prefix, kind, flags, fieldBase } = candidate
    return {
      name,
      prefix,
      kind,
      port: candidate.port ?? null,
      upstreams: candidate.chooseUpstreams(),
      http2: chooseFlag('http2', flags, shared),
      rewrite: flags.rewrite === undefined ? sharedRewrite : resolveRewrite(flags, `${fieldBase}rewrite`, problems),
      addSlashes: chooseFlag('addSlashes', flags, shared),
      fastapiRedirect: chooseFlag('fastapiRedirect', flags, shared),
      redirectCache: chooseFlag('redirectCache', flags, shared),
      prefixAware: chooseFlag('prefixAware', flags, shared),
      cookiePath: chooseFlag('cookiePath', flags, shared),
      openapi: fillOpenApi(flags.openapi),
      addForwardedHost: chooseFlag('addForwardedHost', flags, shared),
      rewriteHost: chooseFlag('rewriteHost', flags, shared),
      httpClient: chooseFlag('httpClient', flags, shared),
      websocket: chooseFlag('websocket', flags, shared),
      trace: chooseFlag('trace', flags, shared),
      timeouts: fillTimeouts(flags.timeouts),
      ...buildResilience(candidate),
    }
  }
}

function resolveRewrite ({ rewrite }: FlagOptions, path: string, problems: Problem[]): Location['rewrite'] {
  return rewrite === undefined ? null : compileRewrite(rewrite, path, problems)
}
