import type { IncomingHttpHeaders } from 'node:http'
import { type Peer, readForwarded, withoutTrailingSlashes } from '../headers/forwarded.ts'
import type { Location } from '../location/types.ts'
import type { PublicUrlContext } from './public-url.ts'

/** Where a location is for one client: what its public URLs are made of. */
export interface Place extends PublicUrlContext {
  /** The gateway's own origin, as this client asked for it: `https://api.example.com`. */
  origin: string
  /** The public URL that the client says it came from. */
  referer?: string | undefined
}

/**
 * Where a client sees a location. What a trusted proxy says of the host, the scheme and its own prefix counts.
 * @param headers - of the client's request
 * @param host - that it asked for; `undefined` when it did not say (HTTP/1.0)
 * @param basePath - of the upstream that answered
 */
export function findPlace (location: Location, peer: Peer, headers: IncomingHttpHeaders, host: string | undefined, basePath: string): Place {
  const { hosts, proto, prefix } = peer.isTrusted ? readClaims(headers) : NO_CLAIMS
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

interface Claims {
  /** The one that the client itself asked for comes first. */
  hosts: readonly string[]
  proto: string | undefined
  prefix: string
}

const NO_CLAIMS: Claims = { hosts: [], proto: undefined, prefix: '' }

function readClaims (headers: IncomingHttpHeaders): Claims {
  const forwarded = readForwarded(headers.forwarded ?? '')
  const [proto = forwarded.proto] = listOf(headers['x-forwarded-proto'])
  const [prefix = ''] = listOf(headers['x-forwarded-prefix'])
  const hosts = listOf(headers['x-forwarded-host'] ?? forwarded.host)
  return { hosts, proto, prefix: withoutTrailingSlashes(prefix) }
}

/** Each proxy in a row may have added its own, behind a comma. */
function listOf (value: string | string[] | undefined): string[] {
  return [value ?? []].flat().join().split(',').map(item => item.trim()).filter(item => item !== '')
}
