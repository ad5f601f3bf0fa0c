import { joinBase } from '../location/path.ts'
import type { Location, UpstreamTarget } from '../location/types.ts'
import type { UpstreamRequest } from '../upstream/exchange.ts'
import type { OutgoingRequest } from '../transport/transport.ts'

/** A request as one upstream gets it: with that upstream's base path, and the `Host` that the location's `rewriteHost` says. */
export function toUpstream ({ path, method, headers, body, host, ownHost, upgrade, trailers }: UpstreamRequest, target: UpstreamTarget, rewriteHost: Location['rewriteHost']): OutgoingRequest {
  const useUpstreams = rewriteHost === 'auto' ? target.isSecure : rewriteHost
  return {
    path: joinBase(target.basePath, path),
    method,
    headers: ['host', ownHost ?? (useUpstreams ? target.host : host ?? target.host), ...headers],
    body,
    upgrade,
    trailers,
  }
}
