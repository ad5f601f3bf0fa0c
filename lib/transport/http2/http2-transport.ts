import type { UpstreamTarget } from '../../location.ts'
import { UnsupportedError } from '../errors.ts'
import type { ConnectionSettings, OutgoingRequest, Transport, TransportHandler } from '../transport.ts'
import type { MonitorTimes } from './session-monitor.ts'
import { Session, type SessionListener } from './session.ts'

/**
 * How many requests a session is expected to take before its SETTINGS have come (RFC 9113, 6.5.2, recommends no fewer).
 */
const DEFAULT_MAX_STREAMS = 100

/** A request without a session. */
interface PendingRequest {
  request: OutgoingRequest
  handler: TransportHandler
  /** Serial of the oldest session that it may be sent on. */
  minSerial: number
}

/**
 * HTTP/2 by `node:http2`: as few sessions with one upstream as its limits of concurrent streams allow, usually one.
 * When a session breaks, requests on the others go on.
 */
export class Http2Transport implements Transport, SessionListener {
  readonly #target: UpstreamTarget
  readonly #settings: ConnectionSettings
  readonly #monitorTimes: MonitorTimes | undefined
  readonly #sessions = new Set<Session>()
  #pending: PendingRequest[] = []
  #nextSerial = 0
  /** The limit of the session that reported last. */
  #maxStreams = DEFAULT_MAX_STREAMS
  #isClosed = false
  readonly #closed: Promise<void>
  #resolveClosed!: () => void

  constructor (target: UpstreamTarget, settings: ConnectionSettings, monitorTimes?: MonitorTimes) {
    this.#target = target
    this.#settings = settings
    this.#monitorTimes = monitorTimes
    this.#closed = new Promise(resolve => { this.#resolveClosed = resolve })
  }

  dispatch (request: OutgoingRequest, handler: TransportHandler): void {
    this.#enqueue({ request, handler, minSerial: 0 })
  }

  /**
   * On a session that is being opened, and is kept; requests that come meanwhile share it. At `maxConnections`, on any.
   */
  dispatchFresh (request: OutgoingRequest, handler: TransportHandler): void {
    const opening = [...this.#sessions].find(({ isOpening }) => isOpening)
    const isFull = opening === undefined && this.#usable.length >= this.#settings.maxConnections
    this.#enqueue({ request, handler, minSerial: isFull ? 0 : opening?.serial ?? this.#nextSerial })
  }

  async close (): Promise<void> {
    this.#isClosed = true
    this.#closeIdle()
    await this.#closed
  }

  async destroy (): Promise<void> {
    const error = new Error('The gateway closed the connection')
    this.#isClosed = true
    this.#failPending(error)
    for (const session of this.#sessions) session.destroy(error)
    await this.close()
  }

  /** The sessions that take, or will take, requests. */
  get #usable (): Session[] {
    return [...this.#sessions].filter(({ isClosing }) => !isClosing)
  }

  onStreamAvailable (session: Session): void {
    this.#maxStreams = session.maxStreams
    this.#startPending()
  }

  onSessionClose (session: Session, failure: Error | null): void {
    this.#sessions.delete(session)
    // The pending requests were to use this session. The others may be full for as long as an event stream lasts.
    if (failure !== null) this.#failPending(failure)
    this.#startPending()
  }

  #enqueue (pending: PendingRequest): void {
    const { request: { upgrade }, handler } = pending
    if (this.#isClosed) return handler.onError(new Error('The gateway has closed the connections to it'))
    // Extended CONNECT (RFC 8441) would be another way, which few servers know.
    if (upgrade !== null) return handler.onError(new UnsupportedError(`HTTP/2 cannot switch to ${upgrade}`))
    this.#pending.push(pending)
    this.#startPending()
  }

  /** Starts as many requests as there are free streams, and opens sessions for the rest. */
  #startPending (): void {
    for (const session of this.#sessions) this.#fill(session)
    this.#openSessions()
    this.#closeIdle()
  }

  #fill (session: Session): void {
    while (session.hasFreeStream) {
      const index = this.#pending.findIndex(({ minSerial }) => session.serial >= minSerial)
      if (index === -1) return
      const [{ request, handler }] = this.#pending.splice(index, 1) as [PendingRequest]
      session.start(request, handler)
    }
  }

  #openSessions (): void {
    const needed = Math.ceil(this.#pending.length / this.#maxStreams)
    const usable = this.#usable
    const opening = usable.filter(({ isOpening }) => isOpening).length
    const allowed = this.#settings.maxConnections - usable.length
    for (let count = Math.min(needed - opening, allowed); count > 0; count--) this.#openSession()
  }

  #openSession (): void {
    const { connectTimeout } = this.#settings
    const settings = { target: this.#target, connectTimeout, monitorTimes: this.#monitorTimes }
    this.#sessions.add(new Session(this.#nextSerial++, settings, this))
  }

  #failPending (error: Error): void {
    const pending = this.#pending
    this.#pending = []
    for (const { handler } of pending) handler.onError(error)
  }

  /**
   * Closes sessions once the transport is closed. Only those without requests: the GOAWAY would overtake the heads of
   * requests that have just been written.
   */
  #closeIdle (): void {
    if (!this.#isClosed || this.#pending.length > 0) return
    for (const session of this.#sessions) {
      if (session.activeStreams === 0 && !session.isClosing) session.close()
    }
    if (this.#sessions.size === 0) this.#resolveClosed()
  }
}
