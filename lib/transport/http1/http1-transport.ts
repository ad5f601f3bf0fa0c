import { Readable } from 'node:stream'
import { Deadlines, resolutionFor } from '../../upstream/deadlines.ts'
import { type ConnectionSettings, KEEP_ALIVE_TIMEOUT, type OutgoingRequest, type Transport, type TransportHandler } from '../transport.ts'
import { Connection } from './connection.ts'
import { transportClosed, transportDestroyed } from './errors.ts'
import type { Job, Owner } from './job.ts'
import type { OpenSocket } from './open-socket.ts'
import { composeHead } from './request-head.ts'

/**
 * HTTP/1.1 to one address: one request at a time on each connection, kept ones reused, the last used first. The times of an
 * answer are kept by the attempt.
 *
 * A request gets a kept connection only behind what the event loop has to say of it: a connection that has become free
 * rests until every other has been read once, and requests wait for the end of the loop's turn. Otherwise one is written
 * to a connection whose end lies in the same turn's events, or behind whose answer lies another, which would be
 * taken for the answer to the next request (undici, GHSA-35p6-xmwp-9g52).
 */
export class Http1Connections implements Transport, Owner {
  readonly #open: OpenSocket
  readonly #settings: ConnectionSettings
  readonly #now: () => number
  readonly #deadlines: Deadlines<Connection>
  /** Those that others use, and those that are of one request. */
  readonly #shared = new Set<Connection>()
  readonly #single = new Set<Connection>()
  readonly #idle: Connection[] = []
  #resting: Connection[] = []
  readonly #waiting: Job[] = []
  #turn: NodeJS.Immediate | undefined
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
    const job = this.#admit(request, handler, request.upgrade === null)
    if (job === undefined) return
    if (request.upgrade !== null) return this.#connect(job, this.#single)
    this.#waiting.push(job)
    this.#wake()
  }

  dispatchFresh (request: OutgoingRequest, handler: TransportHandler): void {
    const job = this.#admit(request, handler, false)
    if (job !== undefined) this.#connect(job, this.#single)
  }

  async close (): Promise<void> {
    this.#isClosed = true
    this.#closeIdle()
    await this.#empty()
  }

  async destroy (): Promise<void> {
    this.#isClosed = true
    for (const { handler } of this.#waiting.splice(0)) handler.onError(transportDestroyed())
    for (const connection of [...this.#shared, ...this.#single]) connection.destroy(transportDestroyed())
    await this.#empty()
  }

  freed (connection: Connection): void {
    this.#resting.push(connection)
    this.#wake()
  }

  closed (connection: Connection): void {
    this.#deadlines.delete(connection)
    this.#single.delete(connection)
    if (this.#shared.delete(connection)) this.#forget(connection)
    if (this.#waiting.length > 0) this.#wake()
    this.#tellEmpty()
  }

  #admit (request: OutgoingRequest, handler: TransportHandler, isKept: boolean): Job | undefined {
    try {
      if (this.#isClosed) throw transportClosed()
      const head = composeHead(request, isKept)
      // It may break off while nobody is writing it; whoever writes it later still learns of it.
      if (request.body instanceof Readable) request.body.on('error', ignore)
      return { request, handler, head }
    } catch (error) {
      handler.onError(error as Error)
    }
  }

  #connect (job: Job, kind: Set<Connection>): void {
    const { connectTimeout } = this.#settings
    const connection = new Connection(this.#open, job, this, this.#now, connectTimeout === 0 ? Infinity : this.#now() + connectTimeout)
    kind.add(connection)
    this.#deadlines.add(connection)
  }

  #wake (): void {
    this.#turn ??= setImmediate(this.#onTurn)
  }

  readonly #onTurn = () => {
    this.#turn = undefined
    while (this.#waiting.length > 0 && this.#serve()) ;
    for (const connection of this.#resting) this.#idle.push(connection)
    this.#resting = []
    if (this.#waiting.length > 0 && this.#idle.length > 0) this.#wake()
    this.#closeIdle()
  }

  /** @returns whether there was a connection for the next request, or the right to open one */
  #serve (): boolean {
    const connection = this.#takeIdle()
    if (connection !== undefined) connection.start(this.#waiting.shift()!)
    else if (this.#resting.length === 0 && this.#shared.size < this.#settings.maxConnections) this.#connect(this.#waiting.shift()!, this.#shared)
    else return false
    return true
  }

  #takeIdle (): Connection | undefined {
    const now = this.#now()
    while (this.#idle.length > 0) {
      const connection = this.#idle.pop()!
      if (connection.isReady(now)) return connection
      connection.destroy(transportClosed())
    }
  }

  /** When there will be no more requests. */
  #closeIdle (): void {
    if (!this.#isClosed || this.#waiting.length > 0) return
    for (const connection of this.#idle.splice(0)) connection.destroy(transportClosed())
  }

  #forget (connection: Connection): void {
    for (const list of [this.#idle, this.#resting]) {
      const index = list.indexOf(connection)
      if (index !== -1) list.splice(index, 1)
    }
  }

  async #empty (): Promise<void> {
    await new Promise<void>(resolve => {
      this.#onEmpty.push(resolve)
      this.#tellEmpty()
    })
    this.#deadlines.close()
  }

  #tellEmpty (): void {
    if (this.#waiting.length + this.#shared.size + this.#single.size > 0) return
    for (const resolve of this.#onEmpty.splice(0)) resolve()
  }
}

function ignore (): void {}
