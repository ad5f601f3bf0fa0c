import { Http1Connections } from './http1/http1-transport.ts'
import { addressOf, openBy, openPlain } from './http1/open-socket.ts'
import type { Location, UpstreamTarget } from '../location/types.ts'
import { Http2Connections } from './http2/http2-transport.ts'
import { createConnector } from './connector.ts'
import type { ConnectionSettings, Transport } from './transport.ts'
import { UndiciConnections } from './undici-transport.ts'

/** What speaks to an upstream, in the protocol that its address asks for. Connects when there is something to send. */
export function openTransport (target: UpstreamTarget, settings: ConnectionSettings, httpClient: Location['httpClient'] = 'own'): Transport {
  if (target.isHttp2) return new Http2Connections(target, settings)
  if (httpClient === 'undici') return new UndiciConnections(target, settings)
  // The time to connect is kept by the transport.
  const open = target.isSecure ? openBy(createConnector(target, 0), target) : openPlain(addressOf(target))
  return new Http1Connections(open, settings)
}
