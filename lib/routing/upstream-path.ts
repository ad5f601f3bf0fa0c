import { pathEnd } from './query.ts'
import { climbsOut, isSuspicious } from './traversal.ts'
import type { Location, RewriteRule } from '../configuration/types.ts'

/** Why a request has no path on the upstream. There are only the constants below: a refused request allocates none. */
export interface PathFault {
  /** `not-mine`: the location does not own the target. `bad-path`: it does, and 400 answers it. */
  readonly kind: 'not-mine' | 'bad-path'
  /** For the client: tells nothing of the upstream. */
  readonly reason: string
}

const createFault = (kind: PathFault['kind'], reason: string): PathFault => Object.freeze({ kind, reason })

/** The target is outside the location's prefix. */
export const NOT_MINE = createFault('not-mine', 'it belongs to another prefix')
/** The target is not in origin-form (RFC 9112, section 3.2.1), or holds what no path may. */
export const NOT_A_PATH = createFault('bad-path', 'it cannot be a path')
/** See `climbsOut`. */
export const LEAVES_PREFIX = createFault('bad-path', 'it leaves its prefix')

const SLASH = 0x2f
const PERCENT = 0x25

/** What no request line can carry, and `#`, which some servers take for the end of the path and others for a part of it. */
const FORBIDDEN = /[^!"$-~\x80-\xff]/
const BROKEN_ESCAPE = /%(?![\da-f]{2})/i

/**
 * What the upstream is asked for, before its base path: byte for byte what the client wrote, less the prefix, or
 * rewritten by the location's rule. Allocates nothing but that string for an ordinary target without a rule.
 * @param target - in origin-form, with its query, as the client wrote it
 * @returns path and query: `/42?x=1`, or `?x=1` when nothing but the prefix was asked for; or why there is none
 */
export function resolvePath (location: Location, target: string): string | PathFault {
  const start = prefixEnd(location.prefix, target)
  if (target.charCodeAt(0) !== SLASH || FORBIDDEN.test(target)) return NOT_A_PATH
  if (start === -1) return NOT_MINE
  const end = pathEnd(target)
  if (isSuspicious(target, 0, end)) {
    if (BROKEN_ESCAPE.test(target.slice(0, end))) return NOT_A_PATH
    if (climbsOut(target.slice(start, end))) return LEAVES_PREFIX
  }
  if (location.rewrite !== null) return resolveRewrite(location, location.rewrite, target)
  return location.addSlashes ? addSlash(target.slice(start)) : target.slice(start)
}

/**
 * Where the prefix ends in a target and the rest begins. Escapes are decoded as Fastify's router decodes them, so that
 * `/%75sers/x` is below `/users` for both, and `/users%2Fx` for neither.
 * @param prefix - `/users`, or empty
 * @returns -1 when the target is not below the prefix
 */
export function prefixEnd (prefix: string, target: string): number {
  const end = target.startsWith(prefix) ? prefix.length : walkPrefix(prefix, target)
  return prefix === '' || end === -1 || isBoundary(target, end) ? end : -1
}

function isBoundary (target: string, index: number): boolean {
  if (index === target.length) return true
  const character = target[index]
  return character === '/' || character === '?' || character === '#'
}

function walkPrefix (prefix: string, target: string): number {
  let index = 0
  for (let i = 0; i < prefix.length; i++) {
    const isEscape = target.charCodeAt(index) === PERCENT
    const code = isEscape ? decodeEscape(target, index) : target.charCodeAt(index)
    if (code !== prefix.charCodeAt(i)) return -1
    index += isEscape ? 3 : 1
  }
  return index
}

/** As find-my-way does it: an escaped delimiter is not the delimiter (RFC 3986, section 2.2), nor is `%25` the start of another escape. */
const RESERVED = '#$%&+,/:;=?@'

/** `NaN`, which equals nothing, when it is no escape or one that stays. */
function decodeEscape (target: string, index: number): number {
  const digits = target.slice(index + 1, index + 3)
  if (!/^[\da-f]{2}$/i.test(digits)) return NaN
  const code = parseInt(digits, 16)
  return RESERVED.includes(String.fromCharCode(code)) ? NaN : code
}

const ESCAPE = /%[\da-f]{2}/gi

/** A path as `prefixEnd` compares it: without those escapes that stand for nothing but a character. */
export function decodePlain (path: string): string {
  if (!path.includes('%')) return path
  return path.replace(ESCAPE, escape => {
    const code = decodeEscape(escape, 0)
    return Number.isNaN(code) ? escape : String.fromCharCode(code)
  })
}

/** To the end of the path, never into the query. */
function addSlash (pathAndQuery: string): string {
  const end = pathEnd(pathAndQuery)
  if (end > 0 && pathAndQuery.charCodeAt(end - 1) === SLASH) return pathAndQuery
  return `${pathAndQuery.slice(0, end)}/${pathAndQuery.slice(end)}`
}

/** The rule sees the prefix in its plain form, or `/%75sers` would get round it. Where it does not match, nothing is changed. */
function resolveRewrite (location: Location, rule: RewriteRule, target: string): string | PathFault {
  const start = prefixEnd(location.prefix, target)
  const end = pathEnd(target)
  const path = rewritePath(rule, location.prefix + target.slice(start, end))
  if (typeof path === 'object') return path
  const pathAndQuery = path === undefined ? target : path + target.slice(end)
  return location.addSlashes ? addSlash(pathAndQuery) : pathAndQuery
}

/** `undefined` when the rule does not match. */
function rewritePath ({ pattern, replacement }: RewriteRule, path: string): string | PathFault | undefined {
  const match = pattern.exec(path)
  if (match === null) return undefined
  if (climbsInside(match)) return LEAVES_PREFIX
  const replaced = path.replace(pattern, replacement)
  const result = replaced.startsWith('/') ? replaced : `/${replaced}`
  if (BROKEN_ESCAPE.test(result)) return NOT_A_PATH
  return climbsOut(result) ? LEAVES_PREFIX : result
}

/**
 * Whether a part that the client wrote climbs over what the rule puts before it: with `^/users/a/(.*)` and `/api/v1/$1`,
 * `/users/a/..` stays in its prefix, but would become `/api/`.
 */
function climbsInside (match: RegExpExecArray): boolean {
  const [whole, ...groups] = match as (string | undefined)[]
  const behind = match.input.slice(match.index + whole!.length)
  return climbsOut(behind) || groups.some(group => group !== undefined && climbsOut(group))
}

/**
 * The path and query that are written to an upstream.
 * @param basePath - of the upstream's URL, `/v2` or empty
 * @param pathAndQuery - from `resolvePath`
 * @returns never empty and never without a path: `/`, `/?x=1`, `/v2?x=1`
 */
export function joinBase (basePath: string, pathAndQuery: string): string {
  if (basePath !== '') return basePath + pathAndQuery
  return pathAndQuery.charCodeAt(0) === SLASH ? pathAndQuery : `/${pathAndQuery}`
}
