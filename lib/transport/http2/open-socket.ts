import { connect, type Socket } from 'node:net'
import { connect as connectSecure } from 'node:tls'
import { hostnameOf, portOf } from '../../location/address.ts'
import type { UpstreamTarget } from '../../location/types.ts'
import { serverNameOf, trustOf } from '../tls-options.ts'

/** Starts to connect to an upstream: over TLS to the name in its URL, with HTTP/2 as the only protocol (RFC 9113, 3.2). */
export function openSocket (target: UpstreamTarget): Socket {
  if (target.socketPath !== null) return connect({ path: target.socketPath })
  const host = hostnameOf(target)
  const where = { host, port: portOf(target)!, noDelay: true }
  if (!target.isSecure) return connect(where)
  return connectSecure({ ...where, servername: serverNameOf(host), ALPNProtocols: ['h2'], ...trustOf(target) })
}
