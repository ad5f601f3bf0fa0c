/** All in milliseconds; 0 is none. */
export interface Timeouts {
  connect: number
  headers: number
  body: number
  stream: number
  request: number
}

/** How many requests one upstream gets at a time, and how many may wait for it. */
export interface Limits {
  maxConnections: number
  maxPending: number
  /** Milliseconds that a request waits at most; 0 is none. */
  pendingTimeout: number
}

/** Who of several upstreams gets a request. `hash` is what of the request decides: `ip`, `header:NAME` or `cookie:NAME`. */
export type BalancerRule = 'round-robin' | 'least-request' | 'ewma' | 'random' | { hash: string }

/** Active probing; times in milliseconds. */
export interface HealthCheckRule {
  /** Path and query, behind the upstream's base path. */
  path: string
  method: string
  interval: number
  /** The same while it is down. */
  unhealthyInterval: number
  timeout: number
  /** Passing probes in a row that bring an upstream back. */
  rise: number
  /** Failing probes in a row that take one out. */
  fall: number
  /** First and last status that passes. */
  expectedStatus: readonly [number, number]
  headers: Readonly<Record<string, string>>
}

/** Passive removal of upstreams that fail; times in milliseconds. */
export interface OutlierRule {
  consecutive5xx: number
  consecutiveLocalErrors: number
  baseEjectionTime: number
  maxEjectionTime: number
  maxEjectionPercent: number
  /** With fewer available upstreams, in percent, health is ignored. */
  panicThreshold: number
}

/** How an upstream that joins or comes back gets its share little by little. */
export interface SlowStartRule {
  /** Milliseconds until it has its whole share. */
  window: number
  /** What it begins with. */
  minWeightPercent: number
}

/** When a request is sent again. */
export interface RetryRule {
  /** Tries after the first. */
  attempts: number
  /** Those that may be repeated although they may have been acted on. */
  methods: readonly string[]
  /** Answers that are worth another try. */
  statusCodes: readonly number[]
  /** Longest body that is kept for it. */
  maxBodyBytes: number
  budget: { percent: number, minPerSecond: number }
}

/** One address that serves an app, as configured; what happens to it while it runs is kept beside it, in `lib/upstream`. */
export interface UpstreamTarget {
  /** `http://10.0.0.5:8001/v2`, without a slash at its end; `h2c://10.0.0.5:8001` and `unix:/run/app.sock:/v2` where it is these. */
  url: string
  /** `http://10.0.0.5:8001`, also for `h2c:`; `http://localhost` for a Unix socket. */
  origin: string
  isSecure: boolean
  /** Speak HTTP/2 to it, and nothing else: in TLS by ALPN, else with prior knowledge (RFC 9113, 3.3). */
  isHttp2: boolean
  /** The Unix socket that it listens on; `null` for an address of the network. */
  socketPath: string | null
  /** Its name in a `Host` header: `10.0.0.5:8001`. */
  host: string
  /** `/v2`, put before every path; empty when the URL has none. */
  basePath: string
  /** Share of the requests, relative to the others; 0 drains. */
  weight: number
  /** PEM text of the authority that its certificate is verified against; `null` for the system's. */
  ca: string | null
  /** Accept any certificate. */
  insecure: boolean
}

/** What becomes of the public path, instead of losing its prefix. */
export interface RewriteRule {
  pattern: RegExp
  replacement: string
}

/** How API documents and their pages are rewritten. */
export interface OpenApiRule {
  mode: 'paths' | 'servers'
  /** Paths in the app, besides the known ones. */
  documents: readonly string[]
  pages: readonly string[]
  /** In bytes; what is longer is passed on. */
  maxBytes: number
}

/** An app's routing rule, resolved: everything that the data path reads. */
export interface Location {
  /** The app's name, or the prefix of an extra proxy: what logs and errors call it. */
  name: string
  /** `/users`; empty when it owns what nothing else does. */
  prefix: string
  /** Whether it belongs to an app (discovered or inline) or is an extra proxy. */
  kind: 'app' | 'extra'
  /** The port that its bare hosts take; `null` when they have to say one. */
  port: number | null
  /** Replaced when they change while the gateway runs. */
  upstreams: readonly UpstreamTarget[]
  /** What holds for those of them that do not say it themselves. */
  http2: boolean
  rewrite: RewriteRule | null
  addSlashes: boolean
  addForwardedHost: boolean
  rewriteHost: boolean | 'auto'
  /** Follow the app's own 307 and 308 here; with a memory for where a slash was missing. */
  fastapiRedirect: boolean
  redirectCache: boolean
  /** The app knows its prefix: nothing of its answers is rewritten. */
  prefixAware: boolean
  cookiePath: 'rewrite' | 'isolate' | 'keep'
  /** `null` when API documents are left alone. */
  openapi: OpenApiRule | null
  /** Who speaks HTTP/1.1 to the upstreams. */
  httpClient: 'own' | 'undici'
  /** Connections may switch to another protocol. */
  websocket: boolean
  /** TRACE is forwarded. */
  trace: boolean
  timeouts: Timeouts
  limits: Limits
  balancer: BalancerRule
  /** `null` when nobody probes. */
  healthCheck: HealthCheckRule | null
  /** `null` when failures have no consequences. */
  outlierDetection: OutlierRule | null
  /** `null` when who comes back has its whole share at once. */
  slowStart: SlowStartRule | null
  /** `null` when a request is sent once and no more. */
  retry: RetryRule | null
}
