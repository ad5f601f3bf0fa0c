import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import type { Problem } from '../errors.ts'
import type { PemPair } from './pem.ts'

/** Older versions are deprecated (RFC 8996), and no browser supports them any more. */
export const MIN_VERSION = 'TLSv1.2'

/** Validity period of a certificate, in milliseconds since 1970. */
export interface Validity {
  from: number
  to: number
}

/**
 * Checks that OpenSSL accepts a certificate and its key, which would otherwise show at the first handshake only.
 * @param problems - gets what is wrong, below `tls`; never a part of a key
 */
export function checkPair ({ cert, key }: PemPair, problems: Problem[]): void {
  const certificate = parse(() => new X509Certificate(cert))
  const privateKey = parse(() => createPrivateKey(key))
  if (certificate === undefined) problems.push({ path: 'tls.cert', message: NO_CERTIFICATE })
  if (privateKey === undefined) problems.push({ path: 'tls.key', message: describeKeyFault(key) })
  if (certificate === undefined || privateKey === undefined) return
  const problem = findMismatch(certificate, privateKey) ?? findRefusal({ cert, key })
  if (problem !== undefined) problems.push(problem)
}

/** @param cert - PEM text that `checkPair()` accepts */
export function readValidity (cert: string): Validity {
  const { validFrom, validTo } = new X509Certificate(cert)
  return { from: Date.parse(validFrom), to: Date.parse(validTo) }
}

/**
 * Warns of a certificate outside its validity period, which clients refuse. It is no problem of the configuration: as
 * with nginx, an expired certificate still serves the clients that do not check.
 * @param now - milliseconds since 1970
 * @returns `undefined` when the certificate is valid now
 */
export function describeExpiry ({ from, to }: Validity, now: number): string | undefined {
  if (now > to) return `the certificate has expired on ${formatDay(to)}, and clients will refuse it; renew it`
  if (now >= from) return undefined
  const day = formatDay(from)
  return `the certificate is not valid before ${day}, and clients will refuse it; look at the clock of this machine`
}

function formatDay (time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}

function parse<T> (read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

const NO_CERTIFICATE = 'it holds no certificate that can be read; ' +
  'give PEM text, or a file that begins with "-----BEGIN CERTIFICATE-----"'
const ENCRYPTED_KEY = 'the key is encrypted, and nobody is there to type its passphrase; ' +
  'decrypt it with "openssl pkey -in FILE -out FILE"'
const NO_KEY = 'it holds no private key that can be read; ' +
  'give PEM text, or a file that begins with "-----BEGIN PRIVATE KEY-----"'
const WRONG_KEY = 'the key is not that of the certificate in "tls.cert"; ' +
  'give the one that it was made with, and in a file of several certificates put the server\'s own first'

function describeKeyFault (key: string): string {
  return key.includes('ENCRYPTED') ? ENCRYPTED_KEY : NO_KEY
}

function findMismatch (certificate: X509Certificate, key: KeyObject): Problem | undefined {
  return certificate.checkPrivateKey(key) ? undefined : { path: 'tls.key', message: WRONG_KEY }
}

/**
 * Faults that only OpenSSL finds: a damaged certificate later in the chain, or an algorithm that it rejects as too
 * weak.
 */
function findRefusal (pair: PemPair): Problem | undefined {
  try {
    createSecureContext({ ...pair, minVersion: MIN_VERSION })
    return undefined
  } catch (error) {
    const { message: reason } = error as Error
    const message = `OpenSSL does not take it (${reason}); look whether every certificate in it is whole`
    return { path: 'tls.cert', message }
  }
}
