import { readFile } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** Where a PEM text is. */
export type PemSource = { kind: 'text', text: string } | { kind: 'file', path: string }

/** A certificate with those that vouch for it, and its private key: PEM texts, unchecked. */
export interface PemPair {
  cert: string
  key: string
}

/** Where both are. */
export interface PemSources {
  cert: PemSource
  key: PemSource
}

/**
 * @param given - PEM text, or a file's path
 * @param baseDir - absolute; a relative path starts there
 */
export function locatePem (given: string, baseDir: string): PemSource {
  return given.includes('-----BEGIN') ? { kind: 'text', text: given } : { kind: 'file', path: resolve(baseDir, given) }
}

/** @throws what the system says of the file */
export function readPem (source: PemSource): string {
  return source.kind === 'text' ? source.text : readFileSync(source.path, 'utf8')
}

/**
 * The same without holding anybody up, for files of a server that runs.
 * @throws what the system says of the first file that cannot be read
 */
export async function readPems ({ cert, key }: PemSources): Promise<PemPair> {
  const [certText, keyText] = await Promise.all([cert, key].map(async source => source.kind === 'text' ? source.text : await readFile(source.path, 'utf8')))
  return { cert: certText!, key: keyText! }
}
