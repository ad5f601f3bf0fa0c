import type { Duplex } from 'node:stream'
import type { Lease } from '../pool/lease.ts'
import { Tunnel } from '../tunnel/tunnel.ts'
import { READER_WINDOWS } from './attempt-clock.ts'
import type { DispatchContext } from './context.ts'

/**
 * A tunnel to an upstream that has switched to another protocol. It has deadlines as an attempt has, and keeps the
 * attempt's lease until it ends: an open socket is load.
 */
export function openTunnel (
  { deadlines, now, isEndingStreams, location: { timeouts } }: DispatchContext,
  lease: Lease, socket: Duplex, protocol: string
): Tunnel {
  const tunnel = new Tunnel(socket, protocol, {
    now,
    idleTimeout: timeouts.stream,
    readerTimeout: timeouts.body * READER_WINDOWS,
    onEnd () {
      deadlines.delete(tunnel)
      lease.release()
    },
  })
  deadlines.add(tunnel)
  if (isEndingStreams()) tunnel.endStream()
  return tunnel
}
