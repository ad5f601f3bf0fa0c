import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import type { Problem } from '../errors.ts'
import type { PemPair } from './pem.ts'

/** Older versions are deprecated (RFC 8996), and no browser speaks them any more. */
export const MIN_VERSION = 'TLSv1.2'

/** When a certificate may be used, in milliseconds since 1970. */
export interface Validity {
  from: number
  to: number
}

/**
 * Checks that OpenSSL will take a certificate and its key, which it would otherwise say at the first handshake only.
 * @param problems - gets what is wrong, below `tls`; never a part of a key
 */
export function checkPair ({ cert, key }: PemPair, problems: Problem[]): void {
  const certificate = parse(() => new X509Certificate(cert))
  const privateKey = parse(() => createPrivateKey(key))
  if (certificate === undefined) problems.push({ path: 'tls.cert', message: 'it holds no certificate that can be read; give PEM text, or a file that begins with "-----BEGIN CERTIFICATE-----"' })
  if (privateKey === undefined) problems.push({ path: 'tls.key', message: describeKeyFault(key) })
  if (certificate === undefined || privateKey === undefined) return
  const problem = findMismatch(certificate, privateKey) ?? findRefusal({ cert, key })
  if (problem !== undefined) problems.push(problem)
}

/** @param cert - PEM text that `checkPair()` has nothing against */
export function readValidity (cert: string): Validity {
  const { validFrom, validTo } = new X509Certificate(cert)
  return { from: Date.parse(validFrom), to: Date.parse(validTo) }
}

/**
 * What clients will object to. It is no problem of the configuration: who comes with an old certificate serves at least
 * those who do not look, which nginx does, too.
 * @param now - milliseconds since 1970
 * @returns `undefined` when the certificate may be used
 */
export function describeExpiry ({ from, to }: Validity, now: number): string | undefined {
  if (now > to) return `the certificate has expired on ${day(to)}, and clients will refuse it; renew it`
  if (now < from) return `the certificate is not valid before ${day(from)}, and clients will refuse it; look at the clock of this machine`
  return undefined
}

function day (time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}

function parse<T> (read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

function describeKeyFault (key: string): string {
  if (key.includes('ENCRYPTED')) return 'the key is encrypted, and nobody is there to type its passphrase; decrypt it with "openssl pkey -in FILE -out FILE"'
  return 'it holds no private key that can be read; give PEM text, or a file that begins with "-----BEGIN PRIVATE KEY-----"'
}

function findMismatch (certificate: X509Certificate, key: KeyObject): Problem | undefined {
  if (certificate.checkPrivateKey(key)) return undefined
  return { path: 'tls.key', message: 'the key is not that of the certificate in "tls.cert"; give the one that it was made with, and in a file of several certificates put the server\'s own first' }
}

/** What only OpenSSL itself knows: a chain that breaks off behind the first certificate, or an algorithm that it finds too weak. */
function findRefusal (pair: PemPair): Problem | undefined {
  try {
    createSecureContext({ ...pair, minVersion: MIN_VERSION })
    return undefined
  } catch (error) {
    return { path: 'tls.cert', message: `OpenSSL does not take it (${(error as Error).message}); look whether every certificate in it is whole` }
  }
}
