import type { Location, RewriteRule } from '../location.ts'
import { findPrefixEnd } from './prefix.ts'
import { findPathEnd } from './request-target.ts'
import { climbsOut, isSuspicious } from './traversal.ts'

/** Why a request has no path on the upstream. One of the constants below, so that a refused request allocates none. */
export interface PathFault {
  /** `outside-prefix`: the target belongs to another location. `bad-path`: it belongs here, and the response is 400. */
  readonly kind: 'outside-prefix' | 'bad-path'
  /** For the client, so that it says nothing about the upstream. */
  readonly reason: string
}

const createFault = (kind: PathFault['kind'], reason: string): PathFault => Object.freeze({ kind, reason })

/** The target is not below the location's prefix. */
export const OUTSIDE_PREFIX = createFault('outside-prefix', 'it belongs to another prefix')
/** The target is not in origin-form (RFC 9112, 3.2.1), or holds a character that no path may. */
export const NOT_A_PATH = createFault('bad-path', 'it cannot be a path')
/** See `climbsOut`. */
export const LEAVES_PREFIX = createFault('bad-path', 'it leaves its prefix')

const SLASH = 0x2f

/**
 * Characters that no request line can carry, and `#`, which ends the path for some servers and is part of it for
 * others.
 */
const FORBIDDEN = /[^!"$-~\x80-\xff]/
const BROKEN_ESCAPE = /%(?![\da-f]{2})/i

/**
 * The path that the upstream gets, without its base path: the client's bytes with the prefix stripped, or rewritten by
 * the location's rule. For an ordinary target without a rule it allocates that string and nothing else.
 * @param target - in origin-form, with its query, as the client wrote it
 * @returns path and query: `/42?x=1`, or `?x=1` for a request of the bare prefix; or why there is none
 */
export function resolvePath (location: Location, target: string): string | PathFault {
  const start = findPrefixEnd(location.prefix, target)
  if (target.charCodeAt(0) !== SLASH || FORBIDDEN.test(target)) return NOT_A_PATH
  if (start === -1) return OUTSIDE_PREFIX
  const end = findPathEnd(target)
  if (isSuspicious(target, 0, end)) {
    if (BROKEN_ESCAPE.test(target.slice(0, end))) return NOT_A_PATH
    if (climbsOut(target.slice(start, end))) return LEAVES_PREFIX
  }
  if (location.rewrite !== null) return resolveRewrite(location, location.rewrite, target)
  return location.addSlashes ? addSlash(target.slice(start)) : target.slice(start)
}

/** At the end of the path, never in the query. */
function addSlash (pathAndQuery: string): string {
  const end = findPathEnd(pathAndQuery)
  if (end > 0 && pathAndQuery.charCodeAt(end - 1) === SLASH) return pathAndQuery
  return `${pathAndQuery.slice(0, end)}/${pathAndQuery.slice(end)}`
}

/**
 * The rule is matched with the prefix unescaped, or `/%75sers` would bypass it. Where it does not match, nothing
 * changes.
 */
function resolveRewrite (location: Location, rule: RewriteRule, target: string): string | PathFault {
  const start = findPrefixEnd(location.prefix, target)
  const end = findPathEnd(target)
  const path = rewritePath(rule, location.prefix + target.slice(start, end))
  if (typeof path === 'object') return path
  const pathAndQuery = path === undefined ? target : path + target.slice(end)
  return location.addSlashes ? addSlash(pathAndQuery) : pathAndQuery
}

/** `undefined` when the rule does not match. */
function rewritePath ({ pattern, replacement }: RewriteRule, path: string): string | PathFault | undefined {
  const match = pattern.exec(path)
  if (match === null) return undefined
  if (escapesReplacement(match)) return LEAVES_PREFIX
  const replaced = path.replace(pattern, replacement)
  const result = replaced.startsWith('/') ? replaced : `/${replaced}`
  if (BROKEN_ESCAPE.test(result)) return NOT_A_PATH
  return climbsOut(result) ? LEAVES_PREFIX : result
}

/**
 * Whether a part of the client's path leaves the folder that the rule puts before it: with `^/users/a/(.*)` and
 * `/api/v1/$1`, `/users/a/..` stays in its prefix, but would become `/api/`.
 */
function escapesReplacement (match: RegExpExecArray): boolean {
  const [whole, ...groups] = match as (string | undefined)[]
  const behind = match.input.slice(match.index + whole!.length)
  return climbsOut(behind) || groups.some(group => group !== undefined && climbsOut(group))
}

/**
 * The path and query on the wire to an upstream.
 * @param basePath - of the upstream's URL, `/v2` or empty
 * @param pathAndQuery - from `resolvePath`
 * @returns never empty and never without a path: `/`, `/?x=1`, `/v2?x=1`
 */
export function joinBase (basePath: string, pathAndQuery: string): string {
  if (basePath !== '') return basePath + pathAndQuery
  return pathAndQuery.charCodeAt(0) === SLASH ? pathAndQuery : `/${pathAndQuery}`
}
