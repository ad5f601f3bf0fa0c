import type { HeaderRecord } from './response.ts'

/**
 * The header fields of an HTTP/2 request as an HTTP/1.1 one would have them: without the pseudo fields and `host`,
 * which `:authority` stands for, and with its cookies in one field, which a client may split to have them compressed
 * better.
 * @param raw - names and values in turn, as they came
 * @see RFC 9113, 8.3.1 and 8.2.3
 */
export function toHttp1Headers (raw: readonly string[]): string[] {
  const headers: string[] = []
  let cookieAt = -1
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!
    if (name.startsWith(':') || name === 'host') continue
    if (name === 'cookie' && cookieAt !== -1) {
      headers[cookieAt] += `; ${raw[i + 1]!}`
      continue
    }
    if (name === 'cookie') cookieAt = headers.length + 1
    headers.push(name, raw[i + 1]!)
  }
  return headers
}

/** Names of which node's HTTP/2 takes one value only, among those that a response may have. */
const SINGLE = new Set([
  'access-control-allow-credentials', 'access-control-max-age', 'age', 'content-encoding', 'content-language',
  'content-length', 'content-location', 'content-md5', 'content-range', 'content-type', 'date', 'dnt', 'etag',
  'expires', 'from', 'host', 'last-modified', 'location', 'max-forwards', 'proxy-authorization', 'range', 'referer',
  'retry-after', 'tk', 'upgrade-insecure-requests', 'user-agent', 'authorization', 'access-control-request-method',
  'if-match', 'if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since', 'x-content-type-options',
])

/**
 * Headers or trailers of a response as node's HTTP/2 takes them: of a name that it wants once, lines that say the same
 * are one, and others are joined, which means the same (RFC 9110, 5.3). Over HTTP/1.1 they are passed on as they came.
 * @param headers - changed in place
 */
export function foldRepeated (headers: HeaderRecord): HeaderRecord {
  for (const [name, value] of Object.entries(headers)) {
    if (Array.isArray(value) && SINGLE.has(name)) headers[name] = [...new Set(value)].join(', ')
  }
  return headers
}
