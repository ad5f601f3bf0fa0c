import { readFile } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** PEM text, or the file that holds it. */
export type PemSource = { kind: 'text', text: string } | { kind: 'file', path: string }

/** A certificate with its chain, and its private key: PEM texts, unchecked. */
export interface PemPair {
  cert: string
  key: string
}

/** The sources of both. */
export interface PemSources {
  cert: PemSource
  key: PemSource
}

/**
 * @param given - PEM text, or a file's path
 * @param baseDir - absolute; base of a relative path
 */
export function locatePem (given: string, baseDir: string): PemSource {
  return given.includes('-----BEGIN') ? { kind: 'text', text: given } : { kind: 'file', path: resolve(baseDir, given) }
}

/** @throws the system's error, when the file cannot be read */
export function readPem (source: PemSource): string {
  return source.kind === 'text' ? source.text : readFileSync(source.path, 'utf8')
}

/**
 * Reads both without blocking, for a server that runs.
 * @throws the system's error of the first file that cannot be read
 */
export async function readPems ({ cert, key }: PemSources): Promise<PemPair> {
  const [certText, keyText] = await Promise.all([cert, key].map(readPemAsync))
  return { cert: certText!, key: keyText! }
}

async function readPemAsync (source: PemSource): Promise<string> {
  return source.kind === 'text' ? source.text : await readFile(source.path, 'utf8')
}
