import { TOKEN_CHARACTERS } from './token.ts'

/** The other end of a client's connection. */
export interface Peer {
  /** IP address of the other end. */
  address: string
  isSecure: boolean
  /** Whether it is one of `trustedProxies`, so that what it says of its client is believed. */
  isTrusted: boolean
}

/** What a proxy said of its client; `undefined` where it said nothing. */
export interface ForwardedClaims {
  for?: string | undefined
  proto?: string | undefined
  host?: string | undefined
  port?: string | undefined
  prefix?: string | undefined
  /** The whole `Forwarded` header (RFC 7239). */
  forwarded?: string | undefined
}

/**
 * The headers that tell an app about its client, as a flat list of names and values. A trusted proxy's claims are
 * carried on, with the proxy itself appended; without one they are the gateway's own observations.
 * @param host - the client's `Host`; `undefined` when there is none (HTTP/1.0)
 * @param prefix - the location's; empty when it strips nothing
 * @param claims - of a trusted peer; `null` for any other peer
 * @see RFC 7239; Traefik for `X-Forwarded-Port` and `-Prefix`
 */
export function forwardingHeaders (
  peer: Peer,
  host: string | undefined,
  prefix: string,
  claims: ForwardedClaims | null
): string[] {
  const element = claims?.forwarded === undefined ? undefined : readForwarded(claims.forwarded)
  const proto = claims?.proto ?? element?.proto ?? (peer.isSecure ? 'https' : 'http')
  const publicHost = claims?.host ?? element?.host ?? host
  const addresses = claims?.for ?? element?.chain
  const headers = [
    'X-Forwarded-For',
    addresses === undefined ? peer.address : `${addresses}, ${peer.address}`,
    'X-Forwarded-Proto',
    proto,
    'X-Forwarded-Port',
    claims?.port ?? portOf(publicHost, proto),
  ]
  if (publicHost !== undefined) headers.push('X-Forwarded-Host', publicHost)
  const publicPrefix = withoutTrailingSlashes(claims?.prefix ?? '') + prefix
  if (publicPrefix !== '') headers.push('X-Forwarded-Prefix', publicPrefix)
  if (claims?.forwarded !== undefined) headers.push('Forwarded', `${claims.forwarded}, ${describePeer(peer, host)}`)
  return headers
}

/** `/api/` is `/api`. Linear: without the look-behind it would try every slash of a long row. */
export function withoutTrailingSlashes (prefix: string): string {
  return prefix.replace(/(?<!\/)\/+$/, '')
}

function portOf (host: string | undefined, proto: string): string {
  const port = host === undefined ? null : /:(\d+)$/.exec(host)
  return port?.[1] ?? (/^(?:https|wss)/i.test(proto) ? '443' : '80')
}

/** This connection as an element of `Forwarded`. */
function describePeer ({ address, isSecure }: Peer, host: string | undefined): string {
  const node = address.includes(':') ? `"[${address}]"` : address
  const element = `for=${node};proto=${isSecure ? 'https' : 'http'}`
  return host === undefined ? element : `${element};host="${host}"`
}

/** What `Forwarded` says of the client. */
export interface ForwardedElement {
  proto?: string | undefined
  host?: string | undefined
  /** Every `for`, joined the way `X-Forwarded-For` is. */
  chain?: string | undefined
}

// A comma, which ends an element, or a pair. The look-behind keeps it from trying every end of a long word: that would
// take quadratic time.
const PART = new RegExp(
  `,|(?<![${TOKEN_CHARACTERS}])([${TOKEN_CHARACTERS}]+)=("(?:[^"\\\\]|\\\\.)*"|[^\\s;,"]*)`, 'g'
)

/**
 * Of a `Forwarded` header what its last element says of protocol and host, and the addresses of all. The trusted proxy
 * wrote the last one; those before it may be the client's invention.
 */
export function readForwarded (forwarded: string): ForwardedElement {
  let last: ForwardedElement = {}
  const chain: string[] = []
  for (const [part, name = '', value = ''] of forwarded.matchAll(PART)) {
    if (part === ',') last = {}
    const text = value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value
    switch (name.toLowerCase()) {
      case 'for': chain.push(withoutPort(text)); break
      case 'proto': last.proto = text; break
      case 'host': last.host = text; break
    }
  }
  if (chain.length > 0) last.chain = chain.join(', ')
  return last
}

/** `[2001:db8::1]:4711` is `2001:db8::1`, `192.0.2.1:4711` is `192.0.2.1`; `unknown` and `_hidden` stay. */
function withoutPort (node: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(node)
  return bracketed?.[1] ?? node.replace(/:\d+$/, '')
}
