import type { Duplex } from 'node:stream'
import { Tunnel } from '../tunnel/tunnel.ts'
import type { ForwardingContext } from './context.ts'
import { READER_WINDOWS } from './attempt-clock.ts'
import type { Place } from '../pool/lease.ts'

/**
 * A tunnel to an upstream that has switched to another protocol. It is watched as an attempt is, and has the attempt's place
 * until it ends: an open socket is load.
 */
export function openTunnel ({ deadlines, now, isEndingStreams, location: { timeouts } }: ForwardingContext, place: Place, socket: Duplex, protocol: string): Tunnel {
  const tunnel = new Tunnel(socket, protocol, {
    now,
    idleTimeout: timeouts.stream,
    readerTimeout: timeouts.body * READER_WINDOWS,
    onEnd () {
      deadlines.delete(tunnel)
      place.release()
    },
  })
  deadlines.add(tunnel)
  if (isEndingStreams()) tunnel.endStream()
  return tunnel
}
