/**
 * Conditions, ranges and codings that a client may request: not passed on to the app when its response is rewritten.
 */
export const VERSION_HEADERS: ReadonlySet<string> = new Set([
  'accept-encoding', 'if-match', 'if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since', 'range',
])

/** Fields that describe the app's own bytes, and not those that are sent in their place. */
export const ORIGINAL_ONLY: readonly string[] = [
  'accept-ranges',
  'content-digest',
  'content-md5',
  'digest',
  'last-modified',
  'repr-digest',
]

/**
 * Whether a client has this version already (RFC 9110, 13.1.2, with the weak comparison).
 * @param ifNoneMatch - the header; `undefined` when there is none
 */
export function isKnownToClient (ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  const strong = withoutWeakness(etag)
  return ifNoneMatch.split(',').some(each => each.trim() === '*' || withoutWeakness(each.trim()) === strong)
}

function withoutWeakness (etag: string): string {
  return etag.replace(/^W\//, '')
}
