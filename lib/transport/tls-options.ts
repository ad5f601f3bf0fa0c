import { isIP } from 'node:net'
import type { UpstreamTarget } from '../location/types.ts'

/** What makes an upstream the same one after its options have changed: its address, and how it is reached; not its weight. */
export function identityOf ({ url, isHttp2, insecure, ca }: UpstreamTarget): string {
  // A socket's path is part of its URL.
  return `${url} ${isHttp2} ${insecure} ${ca}`
}

/**
 * The name that an `https:` upstream is called by. An address is no server name (RFC 6066, 3); without one, the certificate is
 * held against the address.
 * @param host - a name, or an address without brackets
 * @returns empty for an address
 */
export function serverNameOf (host: string): string {
  return isIP(host) === 0 ? host : ''
}

/** Whose certificate an `https:` upstream is to show, as `node:tls` takes it. */
export function trustOf ({ insecure, ca }: UpstreamTarget): { rejectUnauthorized: boolean, ca?: string } {
  return { rejectUnauthorized: !insecure, ...(ca !== null && { ca }) }
}
