import { isIP } from 'node:net'

/** An entry of `allowedHosts`, parsed. */
export interface AllowedHost {
  /** `https`; `null` for `http` and `https`. */
  scheme: string | null
  /** In the form that browsers write: lower-case ASCII, IPv6 in brackets. */
  host: string
  includesSubdomains: boolean
  /** `null` for any. */
  port: number | null
}

/** An `Origin` header in its parts. */
interface Origin {
  /** Lower-case, without the colon. */
  scheme: string
  /** Lower-case, without the dot of the DNS root at its end. */
  host: string
  /** `undefined` when it is the default of the scheme. */
  port: number | undefined
}

const SCHEME = String.raw`([a-z][a-z\d+.-]*):\/\/`
const IPV6 = String.raw`\[[\da-f:.]+\]`
const PORT = String.raw`(?::(\d{1,5}))?`
const HOST = String.raw`[^\s.,/?#@:[\]*%\\<>^|][^\s,/?#@:[\]*%\\<>^|]*`
const ENTRY = new RegExp(`^(?:${SCHEME})?(\\.?)(${IPV6}|${HOST})${PORT}/?$`, 'i')
// Browsers write hosts in ASCII and never escape them, so `%2e` is no dot here.
const ORIGIN = new RegExp(`^${SCHEME}(${IPV6}|[a-z\\d_-][a-z\\d._-]*)${PORT}$`, 'i')

const DEFAULT_PORTS: ReadonlyMap<string | null, number> = new Map([['http', 80], ['https', 443]])
const MAX_PORT = 65535

/**
 * Parses an entry of `allowedHosts`: `example.com` (both schemes, any port), `.example.com` (its subdomains too),
 * `example.com:8443` (that port), `https://example.com` (one origin, as browsers define it: without a port, the default
 * of the scheme).
 * @returns `undefined` when it is none of these; `*` is handled by the caller
 */
export function parseAllowedHost (entry: string): AllowedHost | undefined {
  const [, scheme, dot, name = '', digits] = ENTRY.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? []
  const host = canonicalizeHost(name)
  const port = digits === undefined ? undefined : Number(digits)
  // Browsers send `null` for pages with an opaque origin, which any site can create.
  if (host === undefined || host === 'null' || port === 0 || (port ?? 0) > MAX_PORT) return undefined
  if (dot === '.' && isAddress(host)) return undefined
  const key = scheme?.toLowerCase() ?? null
  return { scheme: key, host, includesSubdomains: dot === '.', port: port ?? DEFAULT_PORTS.get(key) ?? null }
}

/** Brings a host into the form of an `Origin` header: `München.de.` is `xn--mnchen-3ya.de`, `[0:0::1]` is `[::1]`. */
function canonicalizeHost (name: string): string | undefined {
  const url = `http://${name.replace(/\.$/, '')}/`
  return name !== '' && URL.canParse(url) ? new URL(url).hostname : undefined
}

function isAddress (host: string): boolean {
  return host.startsWith('[') || isIP(host) !== 0
}

/**
 * Whether an `Origin` header matches one of the allowed hosts. The match is exact or at a dot: neither
 * `evilexample.com` nor `example.com.evil.net` matches `example.com`. `null` never matches.
 */
export function isOriginAllowed (header: string, hosts: readonly AllowedHost[]): boolean {
  const origin = parseOrigin(header)
  return origin !== undefined && hosts.some(host => matches(host, origin))
}

/**
 * @returns `undefined` for `null`, for more than one origin, and for anything with a path or user information
 * @see WHATWG Fetch, 3.1 (`Origin`); RFC 6454, 7
 */
function parseOrigin (header: string): Origin | undefined {
  const [, scheme, host, port] = ORIGIN.exec(header) ?? []
  if (scheme === undefined || host === undefined) return undefined
  return {
    scheme: scheme.toLowerCase(),
    host: host.toLowerCase().replace(/\.$/, ''),
    port: port === undefined ? undefined : Number(port),
  }
}

function matches (allowed: AllowedHost, { scheme, host, port }: Origin): boolean {
  if (allowed.scheme === null ? !DEFAULT_PORTS.has(scheme) : scheme !== allowed.scheme) return false
  if (allowed.port !== null && (port ?? DEFAULT_PORTS.get(scheme)) !== allowed.port) return false
  return host === allowed.host || (allowed.includesSubdomains && host.endsWith(`.${allowed.host}`))
}
