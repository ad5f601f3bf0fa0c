import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import { resolve } from 'node:path'
import type { Problem } from '../errors.ts'
import type { UpstreamListOptions, UpstreamOptions } from '../options.ts'
import type { UpstreamTarget } from './types.ts'

/** What the addresses of one app are read with. */
export interface AddressContext {
  /** The port that a bare host takes. */
  port?: number | undefined
  /** Folder that `ca` files are relative to. */
  baseDir: string
  /** Where the addresses stand, for the problems. */
  path: string
}

/**
 * The upstreams of one location from what the user wrote.
 * @param list - one address, or a list of addresses and `{ url, weight, ca, insecure }`
 * @param problems - gets what is wrong with them
 * @returns those that are right
 */
export function parseUpstreams (list: UpstreamListOptions, context: AddressContext, problems: Problem[]): UpstreamTarget[] {
  if (typeof list === 'string') return parseUpstream({ url: list }, context, problems)
  return list.flatMap((entry, index) => {
    const upstream = typeof entry === 'string' ? { url: entry } : entry
    return parseUpstream(upstream, { ...context, path: `${context.path}[${index}]` }, problems)
  })
}

function parseUpstream (upstream: UpstreamOptions, context: AddressContext, problems: Problem[]): UpstreamTarget[] {
  const url = parseAddress(upstream.url, context.port)
  if (typeof url === 'string') {
    problems.push({ path: context.path, message: url })
    return []
  }
  const basePath = url.pathname.replace(/\/+$/, '')
  return [{
    url: url.origin + basePath,
    origin: url.origin,
    isSecure: url.protocol === 'https:',
    host: url.host,
    basePath,
    weight: upstream.weight ?? 1,
    ca: upstream.ca === undefined ? null : readAuthority(upstream.ca, context, problems),
    insecure: upstream.insecure ?? false,
  }]
}

/**
 * @param address - a URL, `host:port`, or a bare host that takes `port`
 * @returns the URL, or what is wrong with the address
 */
function parseAddress (address: string, port: number | undefined): URL | string {
  const wrong = (remedy: string) => `${JSON.stringify(address)} is not an address: ${remedy}`
  const hasScheme = /^[a-z][a-z\d+.-]*:\/\//i.test(address)
  const text = hasScheme ? address : `http://${isIPv6(address) ? `[${address}]` : address}`
  // new URL() would drop white space, turn backslashes and make 8001 the host 0.0.31.65.
  if (UNSAFE.test(text) || !URL.canParse(text)) return wrong('write "http://host:port", "host:port" or a host')
  if (/^\d+$/.test(address)) return wrong(`it is only a port; write "127.0.0.1:${address}"`)
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return wrong('its scheme must be http or https')
  if (url.username !== '' || url.password !== '') return wrong('it may not hold a user name or a password')
  if (url.search !== '' || url.hash !== '') return wrong('it may have a path, but no query and no fragment')
  if (url.port === '0') return wrong('no server listens on port 0')
  if (hasScheme || hasPort(text)) return url
  if (port === undefined) return wrong('it has no port, and neither has its app')
  url.port = String(port)
  return url
}

/** White space, control characters, a backslash, or a colon without the port that belongs to it. */
const UNSAFE = /[\s\p{Cc}\\]|:\/\/[^/]*:(?:\/|$)/u

/** `URL` leaves out a port that is the scheme's own, so it cannot be asked. */
function hasPort (url: string): boolean {
  return /^http:\/\/[^/]*:\d+(?:\/|$)/.test(url)
}

/** What OpenSSL cannot read it would ignore, and then every request would fail: better now than then. */
function assertCertificate (pem: string): void {
  // eslint-disable-next-line no-new
  new X509Certificate(pem)
}

/** `127.0.0.1:8001`, `[::1]:8001`. */
export function hostWithPort (host: string, port: number): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`
}

/** The port that an upstream listens on. */
export function portOf ({ origin, isSecure }: UpstreamTarget): number {
  const { port } = new URL(origin)
  return port === '' ? (isSecure ? 443 : 80) : Number(port)
}

function readAuthority (ca: string, context: AddressContext, problems: Problem[]): string | null {
  try {
    const pem = ca.includes('-----BEGIN') ? ca : readFileSync(resolve(context.baseDir, ca), 'utf8')
    assertCertificate(pem)
    return pem
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? `there is no file ${JSON.stringify(ca)}` : 'it holds no certificate that can be read'
    problems.push({ path: `${context.path}.ca`, message: `${reason}; give PEM text or a file's path` })
    return null
  }
}
