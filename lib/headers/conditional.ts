/**
 * What a client may ask of a part or of a version that it has, and how it may want it packed: not to be asked of the
 * app when its answer is rewritten.
 */
export const VERSION_HEADERS: ReadonlySet<string> = new Set([
  'accept-encoding', 'if-match', 'if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since', 'range',
])

/** What an app says of its own bytes, and does not hold for those that are sent in their place. */
export const ORIGINAL_ONLY: readonly string[] = [
  'accept-ranges',
  'content-digest',
  'content-md5',
  'digest',
  'last-modified',
  'repr-digest',
]

/**
 * Whether a client has the very version already (RFC 9110, 13.1.2, with the weak comparison).
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
