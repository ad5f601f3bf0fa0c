// The resolved configuration, as all rooms read it at run time. Types only.

/** All in milliseconds; 0 is none. */
export interface Timeouts {
  connect: number
  headers: number
  body: number
  stream: number
  request: number
}

/** In-flight requests of one upstream, and the requests that may be pending for each of them. */
export interface Limits {
  maxConnections: number
  maxPending: number
  /** Milliseconds that a request is pending at most; 0 is no limit. */
  pendingTimeout: number
}

/** How an upstream is picked. `hash` is the part of the request that decides: `ip`, `header:NAME` or `cookie:NAME`. */
export type BalancerRule = 'round-robin' | 'least-request' | 'ewma' | 'random' | { hash: string }

/** Health checks, active probes of each upstream; times in milliseconds. */
export interface HealthCheckRule {
  /** Path and query, after the upstream's base path. */
  path: string
  method: string
  interval: number
  /** The interval while the upstream is down. */
  unhealthyInterval: number
  timeout: number
  /** Successful probes in a row after which an upstream is up. */
  rise: number
  /** Failed probes in a row after which it is down. */
  fall: number
  /** First and last status of a successful probe. */
  expectedStatus: readonly [number, number]
  headers: Readonly<Record<string, string>>
}

/** Outlier ejection: passive removal of upstreams that fail requests; times in milliseconds. */
export interface OutlierRule {
  consecutive5xx: number
  consecutiveLocalErrors: number
  baseEjectionTime: number
  maxEjectionTime: number
  maxEjectionPercent: number
  /** With fewer available upstreams than this percentage, health is ignored. */
  panicThreshold: number
}

/** How the weight of an upstream grows after it joined or recovered. */
export interface SlowStartRule {
  /** Milliseconds until it has its whole weight. */
  window: number
  /** Its weight at first. */
  minWeightPercent: number
}

/** When a request is sent again. */
export interface RetryRule {
  /** Attempts after the first. */
  attempts: number
  /** Methods that are repeated even when the upstream may have acted on the request. */
  methods: readonly string[]
  /** Responses that are worth another attempt. */
  statusCodes: readonly number[]
  /** Longest request body that is kept for another attempt. */
  maxBodyBytes: number
  budget: { percent: number, minPerSecond: number }
}

/** One upstream as configured; its state at run time is beside it, in the pool. */
export interface UpstreamTarget {
  /** `http://10.0.0.5:8001/v2`, without a slash at its end; also `h2c://10.0.0.5:8001`, `unix:/run/app.sock:/v2`. */
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
  /** The host to connect to: a name or an address, IPv6 without brackets. */
  hostname: string
  /** The port to connect to; `null` for a Unix socket. */
  port: number | null
  /** `/v2`, put before every path; empty when the URL has none. */
  basePath: string
  /** Traffic share, relative to the others; 0 drains. */
  weight: number
  /** PEM text of the authority that its certificate is verified against; `null` for the system's. */
  ca: string | null
  /** Accept any certificate. */
  insecure: boolean
}

/** How the public path is mapped, instead of stripping its prefix. */
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
  /** Longest document that is rewritten, in bytes; a longer one is passed through. */
  maxBytes: number
}

/** An app's routing rule, resolved: all that the data path reads. */
export interface Location {
  /** The app's name, or the prefix of an extra proxy, for logs and errors. */
  name: string
  /** `/users`; empty for the location that gets what no other prefix matches. */
  prefix: string
  /** Whether it belongs to an app (discovered or inline) or is an extra proxy. */
  kind: 'app' | 'extra'
  /** The port of its bare hosts; `null` when each has to have its own. */
  port: number | null
  /** Replaced when they change while the gateway runs. */
  upstreams: readonly UpstreamTarget[]
  /** Default of those of them that do not set it themselves. */
  http2: boolean
  rewrite: RewriteRule | null
  addSlashes: boolean
  addForwardedHost: boolean
  rewriteHost: boolean | 'auto'
  /** Follow the app's own 307 and 308 in the gateway. */
  fastapiRedirect: boolean
  /** With `fastapiRedirect`: remember redirects that add or remove a slash. */
  redirectCache: boolean
  /** The app knows its prefix: its responses are not rewritten. */
  prefixAware: boolean
  cookiePath: 'rewrite' | 'isolate' | 'keep'
  /** `null` when API documents are left alone. */
  openapi: OpenApiRule | null
  /** The client for HTTP/1.1 to the upstreams. */
  httpClient: 'own' | 'undici'
  /** Connections may switch to another protocol. */
  websocket: boolean
  /** TRACE is forwarded. */
  trace: boolean
  timeouts: Timeouts
  limits: Limits
  balancer: BalancerRule
  /** `null` without health checks. */
  healthCheck: HealthCheckRule | null
  /** `null` without outlier ejection. */
  outlierDetection: OutlierRule | null
  /** `null` when an upstream gets its whole weight at once. */
  slowStart: SlowStartRule | null
  /** `null` when a request is sent once only. */
  retry: RetryRule | null
}
