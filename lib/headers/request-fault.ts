/** What is read of a request to judge it: `IncomingMessage`, as far as it matters. */
export interface RequestHead {
  /** `1.1`, `1.0`. */
  httpVersion: string
  /** Names and values in turn, as they came. */
  rawHeaders: readonly string[]
}

// RFC 3986 reg-name, IPv4 or bracketed IPv6, and a port. Without the comma that it would allow: that is two hosts.
const HOST = /^(?:\[[\da-f:.]+\]|[\w.~!$&'()*+;=%-]+)(?::\d*)?$/i
const DIGITS = /^\d+$/
// What logs and other programs' headers can carry without harm.
const REQUEST_ID = /^[\x21-\x7e]{1,200}$/

/** Whether a `Host`, or the authority of a URL, is one host and perhaps a port, and nothing else. */
export function isHost (value: string): boolean {
  return HOST.test(value)
}

/** node stops reading header fields there, and says nothing: what follows would be lost. */
export const MAX_HEADER_FIELDS = 1000

/**
 * Why a request must not be forwarded, although node's parser let it through: another parser, before or behind the
 * gateway, could see another request in it (request smuggling). Also checked on a host server, which
 * may have `insecureHTTPParser`.
 * @param maxHeaderFields - how many the server's parser keeps; from there on they are cut off
 * @returns the reason, or `undefined`
 * @see RFC 9112, 2.3 (version), 3.2 (Host), 6.1 to 6.3 (framing)
 */
export function findRequestFault (
  { httpVersion, rawHeaders }: RequestHead, maxHeaderFields = MAX_HEADER_FIELDS
): string | undefined {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return `HTTP version ${httpVersion} is not supported`
  if (rawHeaders.length >= maxHeaderFields * 2) return 'too many header fields'
  let host: string | undefined
  let length: string | undefined
  let coding: string | undefined
  for (let i = 0; i < rawHeaders.length; i += 2) {
    switch (rawHeaders[i]!.length) {
      case 4: if (isNamed(rawHeaders[i]!, 'host')) {
        if (host !== undefined) return 'more than one Host'
        host = rawHeaders[i + 1]!
      } break
      case 14: if (isNamed(rawHeaders[i]!, 'content-length')) {
        if (length !== undefined) return 'more than one Content-Length'
        length = rawHeaders[i + 1]!
      } break
      case 17: if (isNamed(rawHeaders[i]!, 'transfer-encoding')) {
        if (coding !== undefined) return 'more than one Transfer-Encoding'
        coding = rawHeaders[i + 1]!
      } break
    }
  }
  return hostFault(host, httpVersion) ?? framingFault(length, coding, httpVersion)
}

/**
 * The same for an HTTP/2 request, of which node has checked all but the host: an app behind HTTP/1.1 gets one,
 * whichever of the two the client meant.
 * @see RFC 9113, 8.3.1
 */
export function findAuthorityFault (
  { ':authority': authority, host }: Record<string, string | string[] | undefined>
): string | undefined {
  const requested = authority ?? host
  if (requested === undefined) return 'no Host'
  if (typeof requested !== 'string' || !isHost(requested)) return 'Host is not a host'
  return host !== undefined && host !== requested ? 'Host is not the authority' : undefined
}

function isNamed (name: string, lowerCase: string): boolean {
  return name.toLowerCase() === lowerCase
}

function hostFault (host: string | undefined, httpVersion: string): string | undefined {
  if (host === undefined) return httpVersion === '1.1' ? 'no Host' : undefined
  return isHost(host) ? undefined : 'Host is not a host'
}

function framingFault (
  length: string | undefined, coding: string | undefined, httpVersion: string
): string | undefined {
  if (length !== undefined && !DIGITS.test(length)) return 'Content-Length is not a number'
  if (coding === undefined) return undefined
  if (length !== undefined) return 'Content-Length beside Transfer-Encoding'
  if (httpVersion === '1.0') return 'Transfer-Encoding in HTTP/1.0'
  return coding.toLowerCase() === 'chunked' ? undefined : 'Transfer-Encoding is not chunked'
}

/** Whether a client's `X-Request-Id` may name its request in logs, upstream and in the response. */
export function isRequestId (value: unknown): value is string {
  return typeof value === 'string' && REQUEST_ID.test(value)
}
