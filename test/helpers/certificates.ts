import { readFileSync } from 'node:fs'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'

/** Certificates of test/fixtures/tls, by the name that they are for. */
export type CertificateName = 'name' | 'address' | 'expired'

export function fixture (name: `${CertificateName}.${'cert' | 'key'}`): string {
  return readFileSync(new URL(`../fixtures/tls/${name}.pem`, import.meta.url), 'utf8')
}

/** Node 22.23 takes `::1` for a name when it verifies a certificate: why a test is skipped, or `false`. */
export const lacksIpv6Certificates = checkServerIdentity('::1', { subject: {}, subjectaltname: 'IP Address:0:0:0:0:0:0:0:1' } as PeerCertificate) !== undefined &&
  'this version of Node does not verify certificates for IPv6 addresses'
