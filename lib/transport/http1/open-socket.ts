import net, { type Socket } from 'node:net'
import { hostnameOf, portOf } from '../../location/address.ts'
import type { UpstreamTarget } from '../../location/types.ts'
import { tolerateBrokenPipe } from '../broken-pipe.ts'
import type { Connector } from '../connector.ts'

/** When the kernel first asks after the other end of a connection on which nothing happens, in milliseconds. */
const KEEP_ALIVE_DELAY = 60_000

/**
 * Takes what has been read. The memory may hold other bytes as soon as it returns.
 * @returns whether more can be taken; else the socket pauses until it is resumed
 */
export type TakeBytes = (length: number, bytes: Buffer) => boolean

/**
 * Begins to open a connection, and returns it at once. That it cannot be opened is an `error` of the socket.
 * @param take - gets what it reads
 * @param buffer - where it reads to, if it is plain and stays ours
 * @param connected - called once, when it is open
 * @param isHandedOver - it may become somebody else's, who listens to `data`
 */
export type OpenSocket = (take: TakeBytes, buffer: () => Buffer, connected: () => void, isHandedOver: boolean) => Socket

/**
 * Opens plain connections, over TCP or to the path of a Unix socket. Reading into a buffer that is there makes a socket which
 * has no `data` events, and cannot be handed over.
 */
export function openPlain (address: { host: string, port: number } | { path: string }): OpenSocket {
  return function openSocket (take, buffer, connected, isHandedOver) {
    const onread = isHandedOver ? undefined : { buffer, callback: (length: number, bytes: Uint8Array) => take(length, bytes as Buffer) }
    // Behind a switch of protocols one direction may end before the other.
    const socket = net.connect({ ...address, onread, allowHalfOpen: isHandedOver, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_DELAY }, connected)
    tolerateBrokenPipe(socket)
    if (isHandedOver) listen(socket, take)
    return socket
  }
}

/** Opens connections by a connector, for what is not plain: TLS. */
export function openBy (connect: Connector, target: UpstreamTarget): OpenSocket {
  const { protocol, host, port } = new URL(target.origin)
  const hostname = hostnameOf(target)
  return function openSocket (take, _buffer, connected) {
    const socket = connect({ protocol, host, hostname, port }, (...[error]) => { if (error === null) connected() })
    listen(socket, take)
    return socket
  }
}

function listen (socket: Socket, take: TakeBytes): void {
  socket.on('data', (chunk: Buffer) => { if (!take(chunk.length, chunk)) socket.pause() })
}

/** Where an upstream listens that is not reached over TLS. */
export function addressOf (target: UpstreamTarget): { host: string, port: number } | { path: string } {
  return target.socketPath === null ? { host: hostnameOf(target), port: portOf(target)! } : { path: target.socketPath }
}
