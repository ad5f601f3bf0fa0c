import type { IncomingHttpHeaders } from 'node:http'
import { type Peer, readForwarded, withoutTrailingSlashes } from '../headers/forwarded.ts'
import type { Location } from '../location.ts'
import type { PublicUrlContext } from './public-url.ts'

/** The public address of a location as one client sees it: what public URLs are built from. */
export interface PublicBase extends PublicUrlContext {
  /** Scheme and authority of the gateway, as this client requested it: `https://api.example.com`. */
  origin: string
  /** The `Referer` of the request, a public URL. */
  referer?: string | undefined
}

/**
 * The public base of a location for one request. Host, scheme and prefix that a trusted proxy forwards take precedence
 * over what the gateway observes.
 * @param headers - of the request
 * @param host - of the request; `undefined` when it has none (HTTP/1.0)
 * @param basePath - of the upstream that responded
 */
export function findPublicBase (
  location: Location, peer: Peer, headers: IncomingHttpHeaders, host: string | undefined, basePath: string
): PublicBase {
  const { hosts, proto, prefix } = peer.isTrusted ? readForwardedClaims(headers) : NO_CLAIMS
  const clientHosts = host === undefined ? hosts : [...hosts, host]
  return {
    prefix: prefix + location.prefix,
    upstreams: location.upstreams,
    basePath,
    clientHosts,
    referer: headers.referer,
    origin: `${proto ?? (peer.isSecure ? 'https' : 'http')}://${clientHosts[0] ?? 'localhost'}`,
  }
}

interface ForwardedClaims {
  /** The host that the client itself requested comes first. */
  hosts: readonly string[]
  proto: string | undefined
  prefix: string
}

const NO_CLAIMS: ForwardedClaims = { hosts: [], proto: undefined, prefix: '' }

function readForwardedClaims (headers: IncomingHttpHeaders): ForwardedClaims {
  const forwarded = readForwarded(headers.forwarded ?? '')
  const [proto = forwarded.proto] = splitList(headers['x-forwarded-proto'])
  const [prefix = ''] = splitList(headers['x-forwarded-prefix'])
  const hosts = splitList(headers['x-forwarded-host'] ?? forwarded.host)
  return { hosts, proto, prefix: withoutTrailingSlashes(prefix) }
}

/** Each proxy in a chain may have appended its own value, behind a comma. */
function splitList (value: string | string[] | undefined): string[] {
  return [value ?? []].flat().join().split(',').map(item => item.trim()).filter(item => item !== '')
}
