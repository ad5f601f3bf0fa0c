import type { HeaderRecord } from './response.ts'

/** What a client may ask of a part or of a version that it has, and how it may want it packed: not to be asked of the app when its answer is rewritten. */
export const VERSION_HEADERS: ReadonlySet<string> = new Set([
  'accept-encoding', 'if-match', 'if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since', 'range',
])

/** What an app said of bytes that are not the ones that are sent. */
const OF_THE_ORIGINAL = ['accept-ranges', 'content-digest', 'content-md5', 'digest', 'last-modified', 'repr-digest']

/** Makes an answer's headers those of other bytes, in place. */
export function describeBytes (headers: HeaderRecord, { length, etag }: { length: number, etag: string }): HeaderRecord {
  for (const name of OF_THE_ORIGINAL) delete headers[name]
  headers['content-length'] = String(length)
  headers.etag = etag
  return headers
}

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
