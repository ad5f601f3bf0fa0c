import { Readable } from 'node:stream'
import { Deadlines, resolutionFor } from '../../collections/deadlines.ts'
import {
  type ConnectionSettings,
  KEEP_ALIVE_TIMEOUT,
  type OutgoingRequest,
  type Transport,
  type TransportHandler,
} from '../transport.ts'
import { Connection, type ConnectionListener } from './connection.ts'
import { transportClosed, transportDestroyed } from './errors.ts'
import type { OpenSocket } from './open-socket.ts'
import { Http1Request } from './request.ts'
import { composeHead } from './write-request.ts'
import { ignore } from '../../ignore.ts'

/**
 * HTTP/1.1 to one address: one request at a time on each connection; kept connections are reused, the last used first.
 * Timeouts for the response are the attempt's.
 *
 * A request gets a kept connection only after everything that the event loop knows about it has been read: a connection
 * that has become free is not reused before every other socket has been read once, and requests wait for the end of the
 * loop's turn. Otherwise one could be written to a connection whose end is among the events of the same turn, or one on
 * which a second response follows the first, which would be taken for the response to the next request (undici,
 * GHSA-35p6-xmwp-9g52).
 */
export class Http1Transport implements Transport, ConnectionListener {
  readonly #open: OpenSocket
  readonly #settings: ConnectionSettings
  readonly #now: () => number
  readonly #deadlines: Deadlines<Connection>
  /** Connections that are reused, and those that serve one request. */
  readonly #shared = new Set<Connection>()
  readonly #exclusive = new Set<Connection>()
  readonly #idle: Connection[] = []
  /** Idle since this turn of the event loop: not to be reused in it. */
  #newlyIdle: Connection[] = []
  readonly #pending: Http1Request[] = []
  #immediate: NodeJS.Immediate | undefined
  #isClosed = false
  #onEmpty: (() => void)[] = []

  /** @param now - monotonic clock, in milliseconds */
  constructor (open: OpenSocket, settings: ConnectionSettings, now: () => number = () => performance.now()) {
    this.#open = open
    this.#settings = settings
    this.#now = now
    this.#deadlines = new Deadlines(now, resolutionFor([settings.connectTimeout, KEEP_ALIVE_TIMEOUT]))
  }

  dispatch (request: OutgoingRequest, handler: TransportHandler): void {
    const accepted = this.#accept(request, handler, request.upgrade === null)
    if (accepted === undefined) return
    if (request.upgrade !== null) return this.#connect(accepted, this.#exclusive)
    this.#pending.push(accepted)
    this.#schedule()
  }

  dispatchFresh (request: OutgoingRequest, handler: TransportHandler): void {
    const accepted = this.#accept(request, handler, false)
    if (accepted !== undefined) this.#connect(accepted, this.#exclusive)
  }

  async close (): Promise<void> {
    this.#isClosed = true
    this.#closeIdle()
    await this.#untilEmpty()
  }

  async destroy (): Promise<void> {
    this.#isClosed = true
    for (const request of this.#pending.splice(0)) request.fail(transportDestroyed())
    for (const connection of [...this.#shared, ...this.#exclusive]) connection.fail(transportDestroyed())
    await this.#untilEmpty()
  }

  onIdle (connection: Connection): void {
    this.#newlyIdle.push(connection)
    this.#schedule()
  }

  onClose (connection: Connection): void {
    this.#deadlines.delete(connection)
    this.#exclusive.delete(connection)
    if (this.#shared.delete(connection)) this.#removeIdle(connection)
    if (this.#pending.length > 0) this.#schedule()
    this.#notifyIfEmpty()
  }

  /** @returns `undefined` when it is refused, and the handler has got the error */
  #accept (request: OutgoingRequest, handler: TransportHandler, isShared: boolean): Http1Request | undefined {
    try {
      if (this.#isClosed) throw transportClosed()
      const head = composeHead(request, isShared)
      // The body may fail while the request is pending. The upload notices that later; here it must not crash the
      // process.
      if (request.body instanceof Readable) request.body.on('error', ignore)
      return new Http1Request(request, head, handler)
    } catch (error) {
      handler.onError(error as Error)
    }
  }

  #connect (request: Http1Request, connections: Set<Connection>): void {
    const { connectTimeout } = this.#settings
    const connectBy = connectTimeout === 0 ? Infinity : this.#now() + connectTimeout
    const connection = new Connection(this.#open, request, this, this.#now, connectBy)
    connections.add(connection)
    this.#deadlines.add(connection)
  }

  #schedule (): void {
    this.#immediate ??= setImmediate(this.#startPending)
  }

  readonly #startPending = () => {
    this.#immediate = undefined
    while (this.#pending.length > 0 && this.#startNext()) ;
    for (const connection of this.#newlyIdle) this.#idle.push(connection)
    this.#newlyIdle = []
    if (this.#pending.length > 0 && this.#idle.length > 0) this.#schedule()
    this.#closeIdle()
  }

  /** @returns false when there is no idle connection, and none may be opened */
  #startNext (): boolean {
    const connection = this.#takeIdle()
    if (connection !== undefined) connection.start(this.#pending.shift()!)
    else if (this.#mayConnect()) this.#connect(this.#pending.shift()!, this.#shared)
    else return false
    return true
  }

  #mayConnect (): boolean {
    return this.#newlyIdle.length === 0 && this.#shared.size < this.#settings.maxConnections
  }

  #takeIdle (): Connection | undefined {
    const now = this.#now()
    while (this.#idle.length > 0) {
      const connection = this.#idle.pop()!
      if (connection.isReusable(now)) return connection
      connection.fail(transportClosed())
    }
  }

  /** Does nothing as long as there are, or may be, requests for the idle connections. */
  #closeIdle (): void {
    if (!this.#isClosed || this.#pending.length > 0) return
    for (const connection of this.#idle.splice(0)) connection.fail(transportClosed())
  }

  #removeIdle (connection: Connection): void {
    for (const list of [this.#idle, this.#newlyIdle]) {
      const index = list.indexOf(connection)
      if (index !== -1) list.splice(index, 1)
    }
  }

  async #untilEmpty (): Promise<void> {
    await new Promise<void>(resolve => {
      this.#onEmpty.push(resolve)
      this.#notifyIfEmpty()
    })
    this.#deadlines.close()
  }

  #notifyIfEmpty (): void {
    if (this.#pending.length + this.#shared.size + this.#exclusive.size > 0) return
    for (const resolve of this.#onEmpty.splice(0)) resolve()
  }
}
