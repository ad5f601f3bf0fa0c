import type { Location, Timeouts, UpstreamTarget } from '../../lib/location/types.ts'

export function createTarget (origin: string, changes: Partial<UpstreamTarget> = {}): UpstreamTarget {
  const url = new URL(origin)
  return {
    url: origin, origin: url.origin, isSecure: url.protocol === 'https:', host: url.host, basePath: '', weight: 1, ca: null, insecure: false, ...changes,
  }
}

export type LocationChanges = Partial<Omit<Location, 'timeouts'>> & { timeouts?: Partial<Timeouts> }

export function createLocation (changes: LocationChanges = {}): Location {
  return {
    name: 'shop',
    prefix: '/shop',
    kind: 'app',
    upstreams: [],
    rewrite: null,
    addSlashes: false,
    addForwardedHost: true,
    rewriteHost: 'auto',
    fastapiRedirect: false,
    redirectCache: true,
    prefixAware: false,
    cookiePath: 'rewrite',
    openapi: null,
    ...changes,
    timeouts: { connect: 1000, headers: 100, body: 50, stream: 0, request: 0, ...changes.timeouts },
  }
}
