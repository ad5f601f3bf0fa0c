/** All in milliseconds; 0 is none. */
export interface Timeouts {
  connect: number
  headers: number
  body: number
  stream: number
  request: number
}

/** One address that serves an app, as configured; what happens to it while it runs is kept beside it, in `lib/upstream`. */
export interface UpstreamTarget {
  /** `http://10.0.0.5:8001/v2`, without a slash at its end. */
  url: string
  /** `http://10.0.0.5:8001`. */
  origin: string
  isSecure: boolean
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
  upstreams: readonly UpstreamTarget[]
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
  timeouts: Timeouts
}
