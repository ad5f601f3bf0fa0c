import { connect, isIP, type Socket } from 'node:net'
import { connect as connectSecure } from 'node:tls'
import type { UpstreamTarget } from '../location/types.ts'
import { trustOf } from '../upstream/identity.ts'
import { hostnameOf, portOf } from '../location/address.ts'

/** Starts to connect to an upstream: over TLS to the name in its URL, with HTTP/2 as the only protocol (RFC 9113, 3.2). */
export function openSocket (target: UpstreamTarget): Socket {
  if (target.socketPath !== null) return connect({ path: target.socketPath })
  const host = hostnameOf(target)
  const where = { host, port: portOf(target)!, noDelay: true }
  if (!target.isSecure) return connect(where)
  // An address is no server name (RFC 6066, 3); without one, the certificate is held against the address.
  const servername = isIP(host) === 0 ? host : ''
  return connectSecure({ ...where, servername, ALPNProtocols: ['h2'], ...trustOf(target) })
}
