import type { UpstreamTarget } from '../location/types.ts'
import { Http2Connections } from '../http2/connections.ts'
import { type ConnectionSettings, Connections } from './connections.ts'
import type { Transport } from './transport.ts'

/** What speaks to an upstream, in the protocol that its address asks for. Connects when there is something to send. */
export function openTransport (target: UpstreamTarget, settings: ConnectionSettings): Transport {
  return target.isHttp2 ? new Http2Connections(target, settings) : new Connections(target, settings)
}
