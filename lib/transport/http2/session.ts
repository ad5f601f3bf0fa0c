import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { UpstreamTarget } from '../../location.ts'
import type { OutgoingRequest, TransportHandler } from '../transport.ts'
import { explainConnectFailure, explainStreamFailure, type Goaway, noAlpn, timedOut } from './errors.ts'
import { enlargeWindow, openSession, openSocket } from './open-session.ts'
import { RequestStream, type StreamOwner } from './request-stream.ts'
import { MONITOR_TIMES, type MonitoredSession, type MonitorTimes, SessionMonitor } from './session-monitor.ts'
import { ignore } from '../../ignore.ts'

/**
 * Streams at a time where the peer sets no limit. Beyond it, another connection is better than more load on this one.
 */
const MAX_STREAMS = 256

/** Options of a session. */
export interface SessionSettings {
  target: UpstreamTarget
  /** Milliseconds until the peer's SETTINGS must have come; 0 is none. */
  connectTimeout: number
  monitorTimes?: MonitorTimes | undefined
}

export interface SessionListener {
  /** The session may have become able to take another request. */
  onStreamAvailable (session: Session): void
  /**
   * The session takes no more requests, and its last one has ended. Called once.
   * @param failure - why it could not be opened; `null` when it was open
   */
  onSessionClose (session: Session, failure: Error | null): void
}

/**
 * One HTTP/2 connection. It is open once the peer's SETTINGS have come: no request is sent before, for the peer may not
 * speak HTTP/2 at all, or allow fewer streams. After a GOAWAY it takes no more requests, and those under way go on.
 */
export class Session implements StreamOwner, MonitoredSession {
  /** Its number in the order in which the sessions of a transport were opened. */
  readonly serial: number
  readonly scheme: string
  activeStreams = 0
  /** How many streams may be active at a time; 0 until the session is open. */
  maxStreams = 0
  readonly #listener: SessionListener
  readonly #monitorTimes: MonitorTimes
  readonly #socket: Socket
  readonly #session: ClientHttp2Session
  readonly #connectTimer: NodeJS.Timeout | undefined
  /** `undefined` until the session is open. */
  #monitor: SessionMonitor | undefined
  #goaway: Goaway | null = null
  #error: Error | null = null

  constructor (
    serial: number,
    { target, connectTimeout, monitorTimes = MONITOR_TIMES }: SessionSettings,
    listener: SessionListener
  ) {
    this.serial = serial
    this.scheme = target.isSecure ? 'https' : 'http'
    this.#listener = listener
    this.#monitorTimes = monitorTimes
    this.#socket = openSocket(target)
    this.#session = openSession(this.#socket)
    this.#session.once('connect', this.#onConnect).on('remoteSettings', this.#onSettings)
      .on('goaway', (code, lastStreamID) => { this.#goaway = { code, lastStreamID } })
      .on('error', error => { this.#error ??= error })
      .once('close', this.#onClose)
    if (connectTimeout > 0) {
      this.#connectTimer = setTimeout(() => this.destroy(timedOut('It did not connect in time')), connectTimeout)
    }
  }

  get isOpening (): boolean {
    return this.#monitor === undefined && !this.#session.destroyed
  }

  /** It takes no more requests; those under way may go on. */
  get isClosing (): boolean {
    return this.#session.closed || this.#session.destroyed
  }

  get hasFreeStream (): boolean {
    return this.activeStreams < this.maxStreams && !this.isClosing
  }

  get bytesRead (): number {
    return this.#socket.bytesRead
  }

  /** Sends a request. Only to be called while there is a free stream. */
  start (request: OutgoingRequest, handler: TransportHandler): void {
    this.activeStreams++
    new RequestStream(request, handler, this).start(this.#session)
  }

  onStreamClose (): void {
    this.activeStreams--
    if (this.activeStreams === 0) this.#monitor!.onIdle()
    this.#listener.onStreamAvailable(this)
  }

  explainFailure (stream: ClientHttp2Stream): Error {
    // Its stream numbers are used up, which node reports to the stream and not to the session.
    if (stream.id === undefined) this.close()
    return explainStreamFailure(stream, { goaway: this.#goaway, error: this.#error })
  }

  /** Closes it once its requests have ended. */
  close (): void {
    // A session that is closing without a request only waits for a peer that does not close its end.
    const isUseless = this.isOpening || (this.#session.closed && this.activeStreams === 0)
    if (isUseless) this.destroy(new Error('The gateway closed the connection'))
    else this.#session.close()
  }

  /** Closes it at once. Its requests end with the error. */
  destroy (error: Error): void {
    this.#error ??= error
    this.#session.destroy()
    // node would wait until everything written has been taken, which a dead peer never does.
    this.#socket.destroy()
  }

  sendPing (): void {
    // The monitor counts any byte as a sign of life, the PING's ACK included.
    if (!this.#session.destroyed) this.#session.ping(ignore)
  }

  onPingTimeout (): void {
    this.destroy(timedOut('It has gone silent, and does not answer a PING'))
  }

  readonly #onConnect = () => {
    if (this.scheme === 'https' && this.#session.alpnProtocol !== 'h2') this.destroy(noAlpn())
    else enlargeWindow(this.#session)
  }

  readonly #onSettings = ({ maxConcurrentStreams = Infinity }: { maxConcurrentStreams?: number }) => {
    if (maxConcurrentStreams === 0 && this.isOpening) {
      return this.destroy(new Error('It takes no requests: its MAX_CONCURRENT_STREAMS is 0'))
    }
    this.maxStreams = Math.min(maxConcurrentStreams, MAX_STREAMS)
    clearTimeout(this.#connectTimer)
    this.#monitor ??= new SessionMonitor(this, this.#monitorTimes)
    this.#listener.onStreamAvailable(this)
  }

  readonly #onClose = () => {
    clearTimeout(this.#connectTimer)
    this.#monitor?.stop()
    this.#listener.onSessionClose(this, this.#monitor === undefined ? explainConnectFailure(this.#error) : null)
  }
}
