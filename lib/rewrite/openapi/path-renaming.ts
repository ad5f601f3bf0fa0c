/** What the keys of `paths` become. */
export interface PathRenaming {
  /** Prepended to a key: `/prefix/base`, or empty. */
  prefix: string
  /** Removed from the beginning of a key first; may be empty. */
  keyBase: string
  /** Keys that stay. */
  foreignPaths: ReadonlySet<string>
}

/**
 * The new key of a path.
 * @param path - begins with a slash
 */
export function renamePath (path: string, { prefix, keyBase, foreignPaths }: PathRenaming): string {
  if (foreignPaths.has(path)) return path
  const rest = path.slice(keyBase.length)
  return prefix + rest || '/'
}

/**
 * A JSON pointer in a URL fragment (RFC 6901, section 6) that leads to the same path after its renaming.
 * @param fragment - without `#`: `/paths/~1users~1%7Bid%7D/get`
 */
export function renamePointer (fragment: string, renaming: PathRenaming): string {
  const [, token, rest] = /^\/paths\/([^/]+)(.*)$/s.exec(fragment) ?? []
  if (token === undefined || rest === undefined) return fragment
  const path = decodeToken(token)
  if (path?.startsWith('/') !== true) return fragment
  const renamed = renamePath(path, renaming)
  return renamed === path ? fragment : `/paths/${encodeToken(renamed, token.includes('%'))}${rest}`
}

/** @returns `undefined` when its escapes are malformed */
function decodeToken (token: string): string | undefined {
  try {
    return decodeURIComponent(token).replaceAll('~1', '/').replaceAll('~0', '~')
  } catch {
    return undefined
  }
}

/**
 * Encodes as the original did: many tools write `{` where a URL requires `%7B`. A lone surrogate, which no URL can
 * hold, is replaced on the way through the buffer.
 */
function encodeToken (path: string, isEncoded: boolean): string {
  const token = path.replaceAll('~', '~0').replaceAll('/', '~1')
  return isEncoded ? encodeURI(Buffer.from(token).toString()) : token.replaceAll('%', '%25')
}
