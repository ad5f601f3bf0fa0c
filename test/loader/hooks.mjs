import { createHash, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Loads TypeScript for the tests: ts-blank-space puts blanks where types are, so every line and column stays where it
// is. Its own loader does so in every process of a test run, and has to load the TypeScript compiler there, which takes
// a second; this one keeps what was made, one file for each source.

const CACHE = fileURLToPath(new URL('../../node_modules/.cache/ts-blank-space/', import.meta.url))
const require = createRequire(import.meta.url)
const VERSIONS = ['ts-blank-space', 'typescript'].map(name => require(`${name}/package.json`).version)

mkdirSync(CACHE, { recursive: true })

/** The sources name each other as what they are compiled to. */
export async function resolve (specifier, context, nextResolve) {
  if (specifier.startsWith('.') && specifier.endsWith('.js') && context.parentURL?.endsWith('.ts')) {
    const source = new URL(`${specifier.slice(0, -3)}.ts`, context.parentURL)
    if (existsSync(source)) return { url: source.href, format: 'module', shortCircuit: true }
  }
  return nextResolve(specifier, context)
}

export async function load (url, context, nextLoad) {
  if (!url.startsWith('file:') || !/\.m?ts$/.test(url)) return nextLoad(url, context)
  const path = fileURLToPath(url)
  return { format: 'module', shortCircuit: true, source: `${await blank(path, readFileSync(path, 'utf8'))}\n//# sourceURL=${url}` }
}

async function blank (path, source) {
  const kept = join(CACHE, hashOf(path))
  const key = hashOf(...VERSIONS, source)
  const found = existsSync(kept) ? readFileSync(kept, 'utf8') : ''
  if (found.startsWith(`${key}\n`)) return found.slice(key.length + 1)
  const { default: blankSpace } = await import('ts-blank-space')
  const blanked = blankSpace(source)
  // Another process, or thread, may make the same one: a file is there as a whole or not at all.
  const whole = `${kept}.${randomUUID()}`
  writeFileSync(whole, `${key}\n${blanked}`)
  renameSync(whole, kept)
  return blanked
}

function hashOf (...parts) {
  const hash = createHash('sha1')
  for (const part of parts) hash.update(part).update('\0')
  return hash.digest('hex')
}
