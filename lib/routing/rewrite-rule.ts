import type { Problem } from '../errors.ts'
import { findDanger } from './regex/safety.ts'
import type { RewriteRule } from '../configuration/types.ts'

/** What a pattern captures, for its replacement to insert. */
interface Groups {
  count: number
  names: readonly string[]
}

/**
 * Compiles a rewrite once, and refuses what could not be run on every path that a client may think of.
 * Without flags: letters count as they are written, and only the first match is replaced.
 * @param rule - a regular expression on the public path, and its replacement with `$1` and `$<name>`
 * @param path - where it stands: `apps[0].rewrite`
 * @param problems - gets everything that is wrong with it
 * @returns `null` when something is
 */
export function compileRewrite (rule: readonly [string, string], path: string, problems: Problem[]): RewriteRule | null {
  const [source, replacement] = rule
  const pattern = compile(source)
  const found = typeof pattern === 'string'
    ? [pattern, findBadCharacter(replacement)]
    : [findUnsafe(source), findBadCharacter(replacement), findMissingGroup(replacement, groupsOf(source))]
  const messages = found.filter(message => message !== undefined)
  for (const message of messages) problems.push({ path, message })
  return messages.length === 0 && typeof pattern !== 'string' ? { pattern, replacement } : null
}

/** The pattern, or why it is none. */
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

/** The path of a request is visible ASCII (RFC 3986, section 3.3), and a rewrite never makes a query or a fragment. */
function findBadCharacter (replacement: string): string | undefined {
  const [character] = /[^!-~]|[?#]/u.exec(replacement) ?? []
  if (character === undefined) return undefined
  return `its replacement may not hold ${JSON.stringify(character)}: write it percent-encoded, ${percentEncode(character)}`
}

function percentEncode (character: string): string {
  return [...Buffer.from(character)].map(byte => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
}

/** Without this, `$2` or `$<id>` would reach the upstream as it is written, or as nothing. */
function findMissingGroup (replacement: string, { count, names }: Groups): string | undefined {
  for (const [reference, digits, name] of replacement.matchAll(/\$(?:\$|(\d\d?)|<([^>]*)>)/g)) {
    if (digits !== undefined && !isGroup(digits, count)) return `its replacement names ${reference}, but its pattern has ${count === 0 ? 'no groups' : `$1 to $${count} only`}`
    if (name !== undefined && !names.includes(name)) return `its replacement names ${reference}, but its pattern has no group (?<${name}>…)`
  }
  return undefined
}

/** `$12` is group 12 where there are so many, or else group 1 and a `2` (ECMA-262, GetSubstitution). */
function isGroup (digits: string, count: number): boolean {
  const [first] = digits
  return [Number(digits), Number(first)].some(index => index > 0 && index <= count)
}

/** Of a pattern that now matches anything, so that the engine counts its groups. */
function groupsOf (source: string): Groups {
  const match = new RegExp(`${source}|`).exec('')!
  return { count: match.length - 1, names: Object.keys(match.groups ?? {}) }
}
