import { createConfigError, type Problem } from '../errors.ts'
import { checkPair } from './certificate.ts'
import { locatePem, type PemPair, type PemSource, type PemSources, readPem } from './pem.ts'

/** The `tls` option as it was written. */
export interface TlsInput {
  cert: string
  key: string
}

const FILE_FAULTS: Record<string, string> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a folder',
}

/**
 * The sources of the certificate and its key, when both can be used now. The texts are not kept: resolved options may
 * be shown or logged, and must hold no key.
 * @param given - `undefined` when the server speaks plain HTTP
 * @param baseDir - absolute; base of relative paths
 * @param problems - gets what is wrong with them, at start instead of at the first handshake
 */
export function resolveTls (given: TlsInput | undefined, baseDir: string, problems: Problem[]): PemSources | null {
  if (given === undefined) return null
  const sources = { cert: locatePem(given.cert, baseDir), key: locatePem(given.key, baseDir) }
  readCheckedPair(sources, problems)
  return sources
}

/**
 * Reads a certificate and its key.
 * @throws GW_ERR_CONFIG when they cannot be read, or not be used
 */
export function loadPair (sources: PemSources): PemPair {
  const problems: Problem[] = []
  const pair = readCheckedPair(sources, problems)
  if (problems.length > 0) throw createConfigError(problems)
  return pair
}

function readCheckedPair ({ cert, key }: PemSources, problems: Problem[]): PemPair {
  const before = problems.length
  const pair = { cert: read(cert, 'tls.cert', problems), key: read(key, 'tls.key', problems) }
  if (problems.length === before) checkPair(pair, problems)
  return pair
}

function read (source: PemSource, path: string, problems: Problem[]): string {
  try {
    return readPem(source)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    const { path: file } = source as PemSource & { kind: 'file' }
    const reason = FILE_FAULTS[code] ?? code
    const message = `${JSON.stringify(file)} cannot be read: ${reason}; give PEM text or a file's path`
    problems.push({ path, message })
    return ''
  }
}
