import type { UpstreamTarget } from '../../location/types.ts'
import { type ConnectionSettings, type OutgoingRequest, type Transport, type TransportHandler, UnsupportedError } from '../transport.ts'
import { Session, type SessionListener } from './session.ts'
import type { VigilTimes } from './session-monitor.ts'

/** How many requests a connection is taken to have room for before it has said so (RFC 9113, 6.5.2, recommends no fewer). */
const USUAL_CAPACITY = 100

/** A request without a connection. */
interface Waiting {
  request: OutgoingRequest
  handler: TransportHandler
  /** Serial of the oldest session that it may be sent on. */
  since: number
}

/**
 * HTTP/2 by `node:http2`: as few connections to one address as its limits of concurrent streams allow, usually one. Where
 * one breaks, what runs on the others goes on.
 */
export class Http2Connections implements Transport, SessionListener {
  readonly #target: UpstreamTarget
  readonly #settings: ConnectionSettings
  readonly #vigil: VigilTimes | undefined
  readonly #sessions = new Set<Session>()
  #waiting: Waiting[] = []
  #nextSerial = 0
  #usualCapacity = USUAL_CAPACITY
  #isClosed = false
  readonly #closed: Promise<void>
  #resolveClosed!: () => void

  constructor (target: UpstreamTarget, settings: ConnectionSettings, vigil?: VigilTimes) {
    this.#target = target
    this.#settings = settings
    this.#vigil = vigil
    this.#closed = new Promise(resolve => { this.#resolveClosed = resolve })
  }

  dispatch (request: OutgoingRequest, handler: TransportHandler): void {
    this.#dispatch({ request, handler, since: 0 })
  }

  /** On a connection that is being opened, which all who come now share, and which is kept. At `maxConnections`, on any. */
  dispatchFresh (request: OutgoingRequest, handler: TransportHandler): void {
    const opening = [...this.#sessions].find(({ isOpening }) => isOpening)
    const isFull = opening === undefined && this.#taking.length >= this.#settings.maxConnections
    this.#dispatch({ request, handler, since: isFull ? 0 : opening?.serial ?? this.#nextSerial })
  }

  async close (): Promise<void> {
    this.#isClosed = true
    this.#settle()
    await this.#closed
  }

  async destroy (): Promise<void> {
    const error = new Error('The gateway closed the connection')
    this.#isClosed = true
    this.#failWaiting(error)
    for (const session of this.#sessions) session.destroy(error)
    await this.close()
  }

  /** Those that do not only finish what they have. */
  get #taking (): Session[] {
    return [...this.#sessions].filter(({ isLeaving }) => !isLeaving)
  }

  onRoom (session: Session): void {
    this.#usualCapacity = session.capacity
    this.#serve()
  }

  onSessionEnd (session: Session, failure: Error | null): void {
    this.#sessions.delete(session)
    // They waited for this one. Others may be full for as long as an event stream lasts.
    if (failure !== null) this.#failWaiting(failure)
    this.#serve()
  }

  #dispatch (waiting: Waiting): void {
    const { request: { upgrade }, handler } = waiting
    if (this.#isClosed) return handler.onError(new Error('The gateway has closed the connections to it'))
    // RFC 8441 would be another way, which few servers know.
    if (upgrade !== null) return handler.onError(new UnsupportedError(`HTTP/2 cannot switch to ${upgrade}`))
    this.#waiting.push(waiting)
    this.#serve()
  }

  /** Starts what there is room for, and sees to it that there will be room for the rest. */
  #serve (): void {
    for (const session of this.#sessions) this.#fill(session)
    this.#grow()
    this.#settle()
  }

  #fill (session: Session): void {
    while (session.hasRoom) {
      const index = this.#waiting.findIndex(({ since }) => session.serial >= since)
      if (index === -1) return
      const [{ request, handler }] = this.#waiting.splice(index, 1) as [Waiting]
      session.start(request, handler)
    }
  }

  #grow (): void {
    const needed = Math.ceil(this.#waiting.length / this.#usualCapacity)
    const taking = this.#taking
    const opening = taking.filter(({ isOpening }) => isOpening).length
    const possible = this.#settings.maxConnections - taking.length
    for (let count = Math.min(needed - opening, possible); count > 0; count--) this.#open()
  }

  #open (): void {
    const { connectTimeout } = this.#settings
    this.#sessions.add(new Session(this.#nextSerial++, { target: this.#target, connectTimeout, vigil: this.#vigil }, this))
  }

  #failWaiting (error: Error): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const { handler } of waiting) handler.onError(error)
  }

  /**
   * Closes what is not needed any more. Not before: the GOAWAY of a session that is closed would overtake the heads of
   * the requests that have just been written to it.
   */
  #settle (): void {
    if (!this.#isClosed || this.#waiting.length > 0) return
    for (const session of this.#sessions) {
      if (session.running === 0 && !session.isLeaving) session.close()
    }
    if (this.#sessions.size === 0) this.#resolveClosed()
  }
}
