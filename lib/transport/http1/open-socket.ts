import net, { type Socket } from 'node:net'
import type { UpstreamTarget } from '../../location.ts'
import type { Connector } from '../connector.ts'
import { ignoreBrokenPipe } from '../../downstream/node-internals.ts'

/** When the kernel sends the first keep-alive probe on a silent connection, in milliseconds. */
const KEEP_ALIVE_DELAY = 60_000

/**
 * Takes what has been read. The memory is reused as soon as it returns.
 * @returns whether more can be taken; else the socket pauses until it is resumed
 */
export type TakeBytes = (length: number, bytes: Buffer) => boolean

/**
 * Starts to open a connection, and returns the socket at once. A failure to connect is an `error` of the socket.
 * @param take - gets what is read
 * @param buffer - returns the memory to read into, for a plain socket without `isUpgrade`
 * @param onConnect - called once, when the connection is open
 * @param isUpgrade - the socket may be handed over after a switch of protocols, and has to emit `data`
 */
export type OpenSocket = (take: TakeBytes, buffer: () => Buffer, onConnect: () => void, isUpgrade: boolean) => Socket

/** Where an upstream without TLS listens. */
export type PlainAddress = { host: string, port: number } | { path: string }

/**
 * Opens plain connections, over TCP or to the path of a Unix socket. A socket that reads into a given buffer (`onread`)
 * emits no `data`, and cannot be handed over.
 */
export function openPlain (address: PlainAddress): OpenSocket {
  return function openSocket (take, buffer, onConnect, isUpgrade) {
    const options: net.NetConnectOpts = {
      ...address,
      onread: isUpgrade ? undefined : { buffer, callback: (length, bytes) => take(length, bytes as Buffer) },
      // After a switch of protocols one direction may end before the other.
      allowHalfOpen: isUpgrade,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_DELAY,
    }
    const socket = net.connect(options, onConnect)
    ignoreBrokenPipe(socket)
    if (isUpgrade) listen(socket, take)
    return socket
  }
}

/** Opens connections by undici's connector, which does TLS. */
export function openBy (connect: Connector, target: UpstreamTarget): OpenSocket {
  const { protocol, host, port } = new URL(target.origin)
  const { hostname } = target
  return function openSocket (take, _buffer, onConnect) {
    const socket = connect({ protocol, host, hostname, port }, (...[error]) => { if (error === null) onConnect() })
    listen(socket, take)
    return socket
  }
}

function listen (socket: Socket, take: TakeBytes): void {
  socket.on('data', (chunk: Buffer) => { if (!take(chunk.length, chunk)) socket.pause() })
}

/** The address of an upstream without TLS. */
export function addressOf (target: UpstreamTarget): PlainAddress {
  return target.socketPath === null ? { host: target.hostname, port: target.port! } : { path: target.socketPath }
}
