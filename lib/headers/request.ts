import { VERSION_HEADERS } from './conditional.ts'
import type { EffectiveHeaders } from './effective-request.ts'
import { type ForwardedClaims, forwardingHeaders, type Peer } from './forwarded.ts'
import { connectionOptions, HOP_BY_HOP } from './hop-by-hop.ts'

/** What the headers of a request are decided by, beside the headers themselves. */
export interface RequestContext {
  peer: Peer
  /** The client's `Host`; `undefined` when there is none. */
  host: string | undefined
  /**
   * Identifies the request in logs: the client's `X-Request-Id` when logs can carry it, otherwise the gateway's.
   */
  requestId: string
  /** The client accepts trailers behind the response. */
  wantsTrailers: boolean
  /** Trailers follow the body, so that the client's `Trailer` is true. */
  hasTrailers: boolean
  /** The body's length is not the one that the client announced. */
  isBodyChanged: boolean
  /** The response is to be rewritten: it must be all of the current version, and not packed. */
  asksForWhole: boolean
  location: { prefix: string, addForwardedHost: boolean }
}

const CLAIMS: Readonly<Record<string, keyof ForwardedClaims>> = {
  'x-forwarded-for': 'for',
  'x-forwarded-proto': 'proto',
  'x-forwarded-host': 'host',
  'x-forwarded-port': 'port',
  'x-forwarded-prefix': 'prefix',
  forwarded: 'forwarded',
}

/**
 * The headers that an upstream gets, without `Host`: the client's own as it wrote them, in their order, less those that
 * end here, and then the gateway's. What a hook of the server has set is not the client's claim: it is forwarded as it
 * is, also in place of the gateway's own.
 * @returns names and values in turn
 */
export function buildRequestHeaders (
  { fields, keys, set, connection }: EffectiveHeaders, context: RequestContext
): string[] {
  const { peer, location } = context
  const dropped = connectionOptions(connection)
  const headers: string[] = []
  const claims: ForwardedClaims = {}
  let hasRequestId = false
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!
    const value = fields[i + 1]!
    const key = keys[i / 2]!
    if (key === 'host' || (HOP_BY_HOP.has(key) && !(key === 'trailer' && context.hasTrailers))) continue
    if (context.asksForWhole && VERSION_HEADERS.has(key)) continue
    if (set?.has(key) === true) {
      headers.push(name, value)
      continue
    }
    if (dropped?.has(key) === true || isSpoof(key)) continue
    if (key === 'content-length' && context.isBodyChanged) continue
    if (key === 'x-request-id') {
      if (hasRequestId || value !== context.requestId) continue
      hasRequestId = true
    }
    if (!isForwarding(key)) headers.push(name, value)
    else if (peer.isTrusted) carryOn(name, value, CLAIMS[key])
  }
  const addOwn = (name: string, value: string): void => {
    if (set?.has(name.toLowerCase()) !== true) headers.push(name, value)
  }
  if (context.asksForWhole) headers.push('Accept-Encoding', 'identity')
  if (context.wantsTrailers) headers.push('TE', 'trailers')
  if (!hasRequestId) addOwn('X-Request-Id', context.requestId)
  if (!location.addForwardedHost) return headers
  const forwarding = forwardingHeaders(peer, context.host, location.prefix, peer.isTrusted ? claims : null)
  for (let i = 0; i < forwarding.length; i += 2) addOwn(forwarding[i]!, forwarding[i + 1]!)
  return headers

  function carryOn (name: string, value: string, claim: keyof ForwardedClaims | undefined): void {
    if (claim === undefined || !location.addForwardedHost) headers.push(name, value)
    else if (value !== '') claims[claim] = claims[claim] === undefined ? value : `${claims[claim]}, ${value}`
  }
}

/** All `X-Forwarded-*`, also those that we do not send ourselves, and `Forwarded`. */
function isForwarding (key: string): boolean {
  return key.startsWith('x-forwarded-') || key === 'forwarded'
}

/**
 * `X_Forwarded_For` is `X-Forwarded-For` to an app behind WSGI or CGI (both become `HTTP_X_FORWARDED_FOR`), and so
 * would get past everything above.
 */
function isSpoof (key: string): boolean {
  if (!key.includes('_')) return false
  const dashed = key.replaceAll('_', '-')
  return isForwarding(dashed) || dashed === 'x-request-id'
}
