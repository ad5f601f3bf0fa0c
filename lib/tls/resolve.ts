import { createConfigError, type Problem } from '../errors.ts'
import { checkPair } from './certificate.ts'
import { locatePem, type PemPair, type PemSource, type PemSources, readPem } from './pem.ts'

/** The `tls` option as it was written. */
export interface TlsInput {
  cert: string
  key: string
}

const FAULTS: Record<string, string> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a folder',
}

/**
 * Where the certificate and its key are, when both can be used now. Their texts are not kept: the options are shown to
 * who asks the gateway for them, and a key is nobody's business.
 * @param given - `undefined` when the server speaks plain HTTP
 * @param baseDir - absolute; relative paths start there
 * @param problems - gets what is wrong with them: better told at start than by the first handshake
 */
export function resolveTls (given: TlsInput | undefined, baseDir: string, problems: Problem[]): PemSources | null {
  if (given === undefined) return null
  const sources = { cert: locatePem(given.cert, baseDir), key: locatePem(given.key, baseDir) }
  findPair(sources, problems)
  return sources
}

/**
 * Reads a certificate and its key.
 * @throws GW_ERR_CONFIG when they cannot be read, or not be used
 */
export function loadPair (sources: PemSources): PemPair {
  const problems: Problem[] = []
  const pair = findPair(sources, problems)
  if (problems.length > 0) throw createConfigError(problems)
  return pair
}

function findPair ({ cert, key }: PemSources, problems: Problem[]): PemPair {
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
    problems.push({ path, message: `${JSON.stringify(file)} cannot be read: ${FAULTS[code] ?? code}; give PEM text or a file's path` })
    return ''
  }
}
