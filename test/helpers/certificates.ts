import { readFileSync } from 'node:fs'

/** Certificates of test/fixtures/tls, by the name that they are for. */
export type CertificateName = 'name' | 'address' | 'expired'

export function fixture (name: `${CertificateName}.${'cert' | 'key'}`): string {
  return readFileSync(new URL(`../fixtures/tls/${name}.pem`, import.meta.url), 'utf8')
}
