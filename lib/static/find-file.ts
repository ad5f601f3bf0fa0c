import { stat } from 'node:fs/promises'
import type { IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'
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

/** A path of a site that can be served. */
export type FoundFile =
  /** `path` of the file; for a folder that of its `index.html`. */
  | { kind: 'file', path: string }
  /** A folder with an `index.html`, requested without its slash: the page's relative links would resolve elsewhere. */
  | { kind: 'folder' }

const INDEX = '/index.html'

/**
 * @param root - of the site, absolute
 * @param path - from `resolveSitePath`
 * @returns `undefined` when there is nothing to serve, or only a pipe or a socket
 * @throws the system's error, unless it means that there is no such file, or no access to it
 */
export async function findFile (root: string, path: string): Promise<FoundFile | undefined> {
  const absolute = join(root, path)
  if (path.endsWith('/')) {
    return await hasIndex(absolute) ? { kind: 'file', path: path.slice(0, -1) + INDEX } : undefined
  }
  const type = await readType(absolute)
  if (type === 'file') return { kind: 'file', path }
  return type === 'folder' && await hasIndex(absolute) ? { kind: 'folder' } : undefined
}

async function hasIndex (folder: string): Promise<boolean> {
  return await readType(join(folder, INDEX)) === 'file'
}

const MISSING = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'EACCES', 'ELOOP'])

async function readType (path: string): Promise<'file' | 'folder' | undefined> {
  try {
    const stats = await stat(path)
    if (stats.isDirectory()) return 'folder'
    return stats.isFile() ? 'file' : undefined
  } catch (error) {
    if (MISSING.has((error as NodeJS.ErrnoException).code!)) return undefined
    throw error
  }
}

/**
 * Whether a request navigates to a page, so that a single-page app has to handle its path. A missing script, image or
 * API resource must stay a 404: with HTML in its place it would fail later, and hide the reason.
 * @param path - from `resolveSitePath`
 */
export function isNavigation (path: string, headers: IncomingHttpHeaders): boolean {
  const { accept = '', 'sec-fetch-mode': mode = 'navigate' } = headers
  return mode === 'navigate' && acceptsHtml(accept) && !EXTENSION.test(path)
}

/** Of the last segment, with a letter in it: `/v1.2` and `/at/51.5` are pages. */
const EXTENSION = /\.\d*[a-z]\w*$/i
const HTML = /^\s*(?:text\/html|application\/xhtml\+xml)\s*(?:;|$)/i
/** `q=0`. */
const NOT_ACCEPTABLE = /;\s*q\s*=\s*0(?:\.0*)?\s*(?:;|$)/i

/** By name and with a quality above 0 (RFC 9110, 12.5.1): the `Accept` of a fetch has a wildcard only. */
function acceptsHtml (accept: string): boolean {
  return accept.split(',').some(range => HTML.test(range) && !NOT_ACCEPTABLE.test(range))
}
