import type { Dispatcher } from 'undici'
import { joinBase } from '../location/path.ts'
import type { Location, UpstreamTarget } from '../location/types.ts'
import type { UpstreamRequest } from './exchange.ts'

/** A request as one upstream gets it: with that upstream's base path, and the `Host` that the location's `rewriteHost` says. */
export function toUpstream ({ path, method, headers, body, host }: UpstreamRequest, target: UpstreamTarget, rewriteHost: Location['rewriteHost']): Dispatcher.DispatchOptions {
  const useUpstreams = rewriteHost === 'auto' ? target.isSecure : rewriteHost
  return {
    path: joinBase(target.basePath, path),
    method,
    headers: ['host', useUpstreams ? target.host : host ?? target.host, ...headers],
    body,
  }
}
