import type { Location, UpstreamTarget } from '../location.ts'
import { createConnector } from './connector.ts'
import { Http1Transport } from './http1/http1-transport.ts'
import { addressOf, openBy, openPlain } from './http1/open-socket.ts'
import { Http2Transport } from './http2/http2-transport.ts'
import type { ConnectionSettings, Transport } from './transport.ts'
import { UndiciTransport } from './undici-transport.ts'

/**
 * The transport for the protocol that an upstream's URL asks for. Opens no connection before there is a request.
 * @param httpClient - which HTTP/1.1 client is used: the gateway's own, or undici
 */
export function openTransport (
  target: UpstreamTarget,
  settings: ConnectionSettings,
  httpClient: Location['httpClient'] = 'own'
): Transport {
  if (target.isHttp2) return new Http2Transport(target, settings)
  if (httpClient === 'undici') return new UndiciTransport(target, settings)
  // The transport itself enforces the connect timeout.
  const open = target.isSecure ? openBy(createConnector(target, 0), target) : openPlain(addressOf(target))
  return new Http1Transport(open, settings)
}
