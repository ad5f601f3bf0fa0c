import type { Limits, Location, Timeouts, UpstreamTarget } from '../../lib/location.ts'

export function createTarget (origin: string, changes: Partial<UpstreamTarget> = {}): UpstreamTarget {
  const url = new URL(origin)
  return {
    url: origin, origin: url.origin, isSecure: url.protocol === 'https:', host: url.host, hostname: url.hostname.replace(/^\[|\]$/g, ''), port: portIn(url), basePath: '', isHttp2: false, socketPath: null, weight: 1, ca: null, insecure: false, ...changes,
  }
}

function portIn ({ protocol, port }: URL): number {
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
}

export type LocationChanges = Partial<Omit<Location, 'timeouts' | 'limits'>> & { timeouts?: Partial<Timeouts>, limits?: Partial<Limits> }

/** A location without anything that has to be turned on; its requests are sent once. */
export function createLocation (changes: LocationChanges = {}): Location {
  return {
    name: 'shop',
    prefix: '/shop',
    kind: 'app',
    port: null,
    upstreams: [],
    http2: false,
    rewrite: null,
    addSlashes: false,
    addForwardedHost: true,
    rewriteHost: 'auto',
    fastapiRedirect: false,
    redirectCache: true,
    prefixAware: false,
    cookiePath: 'rewrite',
    openapi: null,
    httpClient: 'own',
    websocket: true,
    trace: false,
    balancer: 'round-robin',
    healthCheck: null,
    outlierDetection: null,
    slowStart: null,
    retry: null,
    ...changes,
    limits: { maxConnections: 128, maxPending: 1024, pendingTimeout: 5000, ...changes.limits },
    timeouts: { connect: 1000, headers: 100, body: 50, stream: 0, request: 0, ...changes.timeouts },
  }
}
