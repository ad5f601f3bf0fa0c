import type { UpstreamTarget } from '../location/types.ts'
import { type ConnectionSettings, Connections } from './connections.ts'
import type { Transport } from './transport.ts'

/** What speaks to an upstream, in the protocol that its address asks for. Connects when there is something to send. */
export function openTransport (target: UpstreamTarget, settings: ConnectionSettings): Transport {
  return new Connections(target, settings)
}
