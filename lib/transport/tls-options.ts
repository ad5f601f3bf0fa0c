import { isIP } from 'node:net'
import type { UpstreamTarget } from '../location.ts'

/**
 * The server name (SNI) for a host. An IP address is none (RFC 6066, 3); without one, the certificate is checked
 * against the address.
 * @param host - a name, or an address without brackets
 * @returns empty for an address
 */
export function serverNameOf (host: string): string {
  return isIP(host) === 0 ? host : ''
}

/** How the certificate of an `https:` upstream is verified, as options of `node:tls`. */
export function verificationOf ({ insecure, ca }: UpstreamTarget): { rejectUnauthorized: boolean, ca?: string } {
  return { rejectUnauthorized: !insecure, ...(ca !== null && { ca }) }
}
