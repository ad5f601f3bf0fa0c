import { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { type Indexed, IndexedSet, NOT_IN_SET } from '../collections/indexed-set.ts'
import { isHttp2 } from './http-version.ts'

export interface ShutdownEvents {
  /** Another process takes over: clients should connect anew, when it suits them. */
  handOver: []
  /** The grace period is over: what is still under way is cut off. */
  deadline: []
}

/** The stop of one gateway, as those see it that take part in it. */
export class Shutdown {
  readonly events = new EventEmitter<ShutdownEvents>()
  /** Stops the server for a successor, see `Gateway.handOver`; set by the plugin. */
  handOver!: (abort: AbortSignal) => Promise<void>
  readonly #connections = new IndexedSet<TrackedConnection>()
  readonly #tracked = Symbol('fastify-gateway.tracked')
  #hasBegun = false

  /** Whether it has begun: responses say `Connection: close`. */
  readonly isStopping = (): boolean => this.#hasBegun

  /** @returns whether that was news */
  begin (): boolean {
    if (this.#hasBegun) return false
    this.#hasBegun = true
    return true
  }

  /** The connection of a forwarded request: it is closed at the end of the grace period, on a host server too. */
  trackConnection (request: IncomingMessage): void {
    if (isHttp2(request)) return
    const socket = request.socket as Socket & { [key: symbol]: unknown }
    if (socket[this.#tracked] === true) return
    socket[this.#tracked] = true
    const connection = { socket, setIndex: NOT_IN_SET }
    this.#connections.add(connection)
    socket.once('close', () => this.#connections.delete(connection))
  }

  closeConnections (): void {
    for (const { socket } of this.#connections) socket.destroy()
  }
}

interface TrackedConnection extends Indexed {
  socket: Socket
}
