/**
 * The header fields of an HTTP/2 request as an HTTP/1.1 one would have them: without the pseudo fields and `host`, which
 * `:authority` stands for, and with its cookies in one field, which a client may split to have them compressed better.
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
