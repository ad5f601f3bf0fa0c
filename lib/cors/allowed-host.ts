import { isIP } from 'node:net'
import { type Origin, parseOrigin } from './origin.ts'

/** Whose origins are allowed: an entry of `allowedHosts`, read. */
export interface AllowedHost {
  /** `https`; `null` for `http` and `https`. */
  scheme: string | null
  /** In the form that browsers write: lower-case ASCII, IPv6 in brackets. */
  host: string
  includesSubdomains: boolean
  /** `null` for any. */
  port: number | null
}

const ENTRY = /^(?:([a-z][a-z\d+.-]*):\/\/)?(\.?)(\[[\da-f:.]+\]|[^\s.,/?#@:[\]*%\\<>^|][^\s,/?#@:[\]*%\\<>^|]*)(?::(\d{1,5}))?\/?$/i
const DEFAULT_PORTS: ReadonlyMap<string | null, number> = new Map([['http', 80], ['https', 443]])
const LAST_PORT = 65535

/**
 * Reads an entry of `allowedHosts`: `example.com` (both schemes, any port), `.example.com` (its subdomains too),
 * `example.com:8443` (that port), `https://example.com` (one origin as browsers know it: without a port, the scheme's own).
 * @returns `undefined` when it is none of these; `*` is not for here
 */
export function parseAllowedHost (entry: string): AllowedHost | undefined {
  const [, scheme, dot, name = '', digits] = ENTRY.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? []
  const host = canonicalHost(name)
  const port = digits === undefined ? undefined : Number(digits)
  // `null` is what browsers send for pages without an origin, of which anybody can make one.
  if (host === undefined || host === 'null' || port === 0 || (port ?? 0) > LAST_PORT) return undefined
  if (dot === '.' && isAddress(host)) return undefined
  const key = scheme?.toLowerCase() ?? null
  return { scheme: key, host, includesSubdomains: dot === '.', port: port ?? DEFAULT_PORTS.get(key) ?? null }
}

/** In the form of an `Origin` header: `München.de.` is `xn--mnchen-3ya.de`, `[0:0::1]` is `[::1]`. */
function canonicalHost (name: string): string | undefined {
  const url = `http://${name.replace(/\.$/, '')}/`
  return name !== '' && URL.canParse(url) ? new URL(url).hostname : undefined
}

function isAddress (host: string): boolean {
  return host.startsWith('[') || isIP(host) !== 0
}

/**
 * Whether an `Origin` header names one of the allowed hosts. Exact or at a dot: neither `evilexample.com` nor
 * `example.com.evil.net` passes for `example.com`. `null` never does.
 */
export function isOriginAllowed (header: string, hosts: readonly AllowedHost[]): boolean {
  const origin = parseOrigin(header)
  return origin !== undefined && hosts.some(host => covers(host, origin))
}

function covers (allowed: AllowedHost, { scheme, host, port }: Origin): boolean {
  if (allowed.scheme === null ? !DEFAULT_PORTS.has(scheme) : scheme !== allowed.scheme) return false
  if (allowed.port !== null && (port ?? DEFAULT_PORTS.get(scheme)) !== allowed.port) return false
  return host === allowed.host || (allowed.includesSubdomains && host.endsWith(`.${allowed.host}`))
}
