import { findPrefixEnd } from '../routing/prefix.ts'
import { splitQuery } from '../routing/request-target.ts'
import { climbsOut } from '../routing/traversal.ts'
import { LEAVES_PREFIX, OUTSIDE_PREFIX, type PathFault } from '../routing/upstream-path.ts'

/**
 * Path of the requested file in a site.
 * @param prefix - of the site: `/app`, or empty
 * @param target - in origin-form, with its query, as the client wrote it
 * @returns decoded, without the query: `/img/a b.png`, or empty for the prefix without a slash; `undefined` for paths
 *   that are never served: dot files, and unusual spellings, which could bypass an access rule on the usual one; or the
 *   fault of a path that is refused
 */
export function resolveSitePath (prefix: string, target: string): string | PathFault | undefined {
  const [pathname] = splitQuery(target)
  const start = findPrefixEnd(prefix, pathname)
  if (start === -1) return OUTSIDE_PREFIX
  const encoded = pathname.slice(start)
  if (climbsOut(encoded)) return LEAVES_PREFIX
  const path = ESCAPED_SEPARATOR.test(encoded) ? undefined : decode(encoded)
  return path === undefined || UNUSUAL.test(path) ? undefined : path
}

const ESCAPED_SEPARATOR = /%(?:2f|5c)/i
/**
 * Control characters; `\`, which is a slash on Windows; empty segments; and segments that begin with a dot: `.`, `..`,
 * `.env`.
 */
const UNUSUAL = /[^ -~\x80-\uffff]|\\|\/\/|\/\./

/** `undefined` when it is not UTF-8. */
function decode (path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}
