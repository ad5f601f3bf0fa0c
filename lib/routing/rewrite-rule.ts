import type { RewriteRule } from '../location.ts'
import type { Problem } from '../errors.ts'
import { findDanger } from './regex/safety.ts'

/** The groups of a pattern, which its replacement inserts. */
interface Groups {
  count: number
  names: readonly string[]
}

/**
 * Compiles a rewrite, and refuses a pattern that a client's path could make run for exponential time.
 * Without flags: it is case-sensitive, and only the first match is replaced.
 * @param rule - a regular expression on the public path, and its replacement with `$1` and `$<name>`
 * @param path - the property for problems: `apps[0].rewrite`
 * @param problems - gets its faults
 * @returns `null` when it has any
 */
export function compileRewrite (
  rule: readonly [string, string], path: string, problems: Problem[]
): RewriteRule | null {
  const [source, replacement] = rule
  const pattern = compile(source)
  const found = typeof pattern === 'string'
    ? [pattern, findBadCharacter(replacement)]
    : [findUnsafe(source), findBadCharacter(replacement), findMissingGroup(replacement, countGroups(source))]
  const messages = found.filter(message => message !== undefined)
  for (const message of messages) problems.push({ path, message })
  return messages.length === 0 && typeof pattern !== 'string' ? { pattern, replacement } : null
}

/** The pattern, or why it does not compile. */
function compile (source: string): RegExp | string {
  try {
    return new RegExp(source)
  } catch (error) {
    return `its pattern does not compile: ${(error as SyntaxError).message}`
  }
}

function findUnsafe (source: string): string | undefined {
  const danger = findDanger(source)
  return danger === undefined ? undefined : `its pattern ${JSON.stringify(source)} ${danger}`
}

/** The path of a request is visible ASCII (RFC 3986, 3.3), and a rewrite never makes a query or a fragment. */
function findBadCharacter (replacement: string): string | undefined {
  const [character] = /[^!-~]|[?#]/u.exec(replacement) ?? []
  if (character === undefined) return undefined
  const shown = JSON.stringify(character)
  return `its replacement may not hold ${shown}: write it percent-encoded, ${percentEncode(character)}`
}

function percentEncode (character: string): string {
  return [...Buffer.from(character)].map(byte => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
}

/** A missing group would send `$2` or `$<id>` to the upstream literally, or as an empty string. */
function findMissingGroup (replacement: string, { count, names }: Groups): string | undefined {
  for (const [reference, digits, name] of replacement.matchAll(/\$(?:\$|(\d\d?)|<([^>]*)>)/g)) {
    const isMissing = digits !== undefined ? !isGroup(digits, count) : name !== undefined && !names.includes(name)
    if (isMissing) return `its replacement names ${reference}, but its pattern has ${describeGroups(name, count)}`
  }
  return undefined
}

/** @param name - of a named group that is missing */
function describeGroups (name: string | undefined, count: number): string {
  if (name !== undefined) return `no group (?<${name}>…)`
  return count === 0 ? 'no groups' : `$1 to $${count} only`
}

/** `$12` is group 12 if there are so many, or else group 1 and a `2` (ECMA-262, GetSubstitution). */
function isGroup (digits: string, count: number): boolean {
  const [first] = digits
  return [Number(digits), Number(first)].some(index => index > 0 && index <= count)
}

/** Counted by the engine, on a variant of the pattern that matches anything. */
function countGroups (source: string): Groups {
  const match = new RegExp(`${source}|`).exec('')!
  return { count: match.length - 1, names: Object.keys(match.groups ?? {}) }
}
