import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import { resolve } from 'node:path'
import type { Problem } from '../errors.ts'
import type { UpstreamListOptions, UpstreamOptions } from '../options/schema.ts'
import { parseAddress } from './parse-address.ts'
import type { UpstreamTarget } from '../location.ts'

/** What holds for all addresses of one location. */
export interface AddressContext {
  /** The port of a bare host. */
  port?: number | undefined
  /** Speak HTTP/2 to upstreams that do not set `http2` themselves. */
  isHttp2?: boolean
  /** Folder that `ca` files are relative to. */
  baseDir: string
  /** The property that holds the addresses, for the problems. */
  path: string
}

/**
 * The upstreams of one location from what the user wrote.
 * @param list - one address, or a list of addresses and `{ url, weight, ca, insecure, http2 }`
 * @param problems - gets their faults
 * @returns the valid ones
 */
export function parseUpstreams (
  list: UpstreamListOptions, context: AddressContext, problems: Problem[]
): UpstreamTarget[] {
  if (typeof list === 'string') return parseUpstream({ url: list }, context, problems)
  return list.flatMap((entry, index) => {
    const upstream = typeof entry === 'string' ? { url: entry } : entry
    return parseUpstream(upstream, { ...context, path: `${context.path}[${index}]` }, problems)
  })
}

function parseUpstream (upstream: UpstreamOptions, context: AddressContext, problems: Problem[]): UpstreamTarget[] {
  const { path } = context
  const address = parseAddress(upstream.url, context.port)
  if (typeof address === 'string') {
    problems.push({ path, message: address })
    return []
  }
  if (address.isHttp2 && upstream.http2 === false) {
    problems.push({ path: `${path}.http2`, message: `must not be false: the address is ${address.url}` })
  }
  return [{
    ...address,
    isHttp2: upstream.http2 ?? (address.isHttp2 || context.isHttp2 === true),
    weight: upstream.weight ?? 1,
    ca: upstream.ca === undefined ? null : readAuthority(upstream.ca, context, problems),
    insecure: upstream.insecure ?? false,
  }]
}

/** An address from a host and a port: `127.0.0.1:8001`, `[::1]:8001`. */
export function joinHostPort (host: string, port: number): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`
}

function readAuthority (ca: string, context: AddressContext, problems: Problem[]): string | null {
  try {
    const pem = ca.includes('-----BEGIN') ? ca : readFileSync(resolve(context.baseDir, ca), 'utf8')
    assertCertificate(pem)
    return pem
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const isMissing = code === 'ENOENT'
    const reason = isMissing ? `there is no file ${JSON.stringify(ca)}` : 'it holds no certificate that can be read'
    problems.push({ path: `${context.path}.ca`, message: `${reason}; give PEM text or a file's path` })
    return null
  }
}

/** OpenSSL ignores text that it cannot read, and then every request would fail: refused at start instead. */
function assertCertificate (pem: string): void {
  // eslint-disable-next-line no-new
  new X509Certificate(pem)
}
