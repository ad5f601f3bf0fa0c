import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2'
import type { Socket } from 'node:net'
import type { UpstreamTarget } from '../../location/types.ts'
import type { OutgoingRequest, TransportHandler } from '../transport.ts'
import { explainEnd, explainOpening, type Goaway, noAlpn, timedOut } from './errors.ts'
import { openSocket } from './open-socket.ts'
import { RunningRequest, type RunningRequestOwner } from './request-stream.ts'
import { Vigil, VIGIL_TIMES, type VigilTimes, type Watched } from './session-monitor.ts'

/** What one stream may have in flight, and what a slow reader costs in memory. node's 64 KB slow a fast line down. */
const STREAM_WINDOW = 256 * 1024
/** The same for all of a session together. node gives it back at once, so that one slow reader never stops the others. */
const SESSION_WINDOW = 4 * 1024 * 1024
/** Of a peer that sets no limit. Beyond it, another connection is better than a longer queue on one. */
const MAX_STREAMS = 256
/** Of an answer's head, each field with 32 bytes more than it has (RFC 9113, 6.5.2). */
const MAX_HEADER_LIST = 64 * 1024

const OPTIONS = {
  settings: { enablePush: false, initialWindowSize: STREAM_WINDOW, maxHeaderListSize: MAX_HEADER_LIST },
  // node's limits of 128 fields in a head and of 10 MB for all that waits in a session come before these.
  maxHeaderListPairs: MAX_HEADER_LIST / 32,
  maxSessionMemory: 1000,
}

/** What a session is opened with. */
export interface SessionSettings {
  target: UpstreamTarget
  /** Milliseconds until the other end has said that it speaks HTTP/2; 0 is none. */
  connectTimeout: number
  vigil?: VigilTimes | undefined
}

export interface SessionListener {
  /** It has room for a request that it may not have had before. */
  onRoom (session: Session): void
  /**
   * It takes no more, and its last request has ended. Called once.
   * @param failure - why it could not be opened; `null` when it was open
   */
  onSessionEnd (session: Session, failure: Error | null): void
}

/**
 * One connection in HTTP/2. It is open when the other end's SETTINGS are here: nothing is sent before to one that may not
 * speak HTTP/2 at all, or that wants fewer streams. A GOAWAY takes it out of use, and what runs on it ends in peace.
 */
export class Session implements RunningRequestOwner, Watched {
  /** Its place in the order in which an upstream's sessions were opened. */
  readonly serial: number
  readonly scheme: string
  /** Requests under way. */
  running = 0
  /** How many it takes at a time; 0 until it is open. */
  capacity = 0
  readonly #listener: SessionListener
  readonly #vigilTimes: VigilTimes
  readonly #socket: Socket
  readonly #session: ClientHttp2Session
  readonly #patience: NodeJS.Timeout | undefined
  #vigil: Vigil | undefined
  #goaway: Goaway | null = null
  #error: Error | null = null

  constructor (serial: number, { target, connectTimeout, vigil = VIGIL_TIMES }: SessionSettings, listener: SessionListener) {
    this.serial = serial
    this.scheme = target.isSecure ? 'https' : 'http'
    this.#listener = listener
    this.#vigilTimes = vigil
    this.#socket = openSocket(target)
    // The URL stands in for an authority that a request lacks, and is nothing else: the connection is made already.
    this.#session = connect('http://localhost', { ...OPTIONS, createConnection: () => this.#socket })
    this.#session.once('connect', this.#onConnect).on('remoteSettings', this.#onSettings)
      .on('goaway', (code, lastStreamID) => { this.#goaway = { code, lastStreamID } })
      .on('error', error => { this.#error ??= error })
      .once('close', this.#onClose)
    if (connectTimeout > 0) this.#patience = setTimeout(() => this.destroy(timedOut('It did not connect in time')), connectTimeout)
  }

  get isOpening (): boolean {
    return this.#vigil === undefined && !this.#session.destroyed
  }

  /** It takes no more, and finishes what it has. */
  get isLeaving (): boolean {
    return this.#session.closed || this.#session.destroyed
  }

  get hasRoom (): boolean {
    return this.running < this.capacity && !this.isLeaving
  }

  get bytesRead (): number {
    return this.#socket.bytesRead
  }

  /** Only where there is room. */
  start (request: OutgoingRequest, handler: TransportHandler): void {
    this.running++
    new RunningRequest(request, handler, this).start(this.#session)
  }

  onStreamClosed (): void {
    this.running--
    if (this.running === 0) this.#vigil!.rest()
    this.#listener.onRoom(this)
  }

  explainEnd (stream: ClientHttp2Stream): Error {
    // It has used up its numbers, of which node does not tell the session.
    if (stream.id === undefined) this.close()
    return explainEnd(stream, { goaway: this.#goaway, error: this.#error })
  }

  /** When its requests have ended. */
  close (): void {
    // Closed already: only a peer that does not close its end keeps it.
    if (this.isOpening || (this.#session.closed && this.running === 0)) this.destroy(new Error('The gateway closed the connection'))
    else this.#session.close()
  }

  /** At once. What runs on it ends with the error. */
  destroy (error: Error): void {
    this.#error ??= error
    this.#session.destroy()
    // node would wait until what was written has been taken, which a dead peer never does.
    this.#socket.destroy()
  }

  sendPing (): void {
    // The answer is a byte like any other: the vigil looks for that.
    if (!this.#session.destroyed) this.#session.ping(() => {})
  }

  giveUp (): void {
    this.destroy(timedOut('It has gone silent, and does not answer a PING'))
  }

  readonly #onConnect = () => {
    if (this.scheme === 'https' && this.#session.alpnProtocol !== 'h2') this.destroy(noAlpn())
    else this.#session.setLocalWindowSize(SESSION_WINDOW)
  }

  readonly #onSettings = ({ maxConcurrentStreams = Infinity }: { maxConcurrentStreams?: number }) => {
    if (maxConcurrentStreams === 0 && this.isOpening) return this.destroy(new Error('It takes no requests: its MAX_CONCURRENT_STREAMS is 0'))
    this.capacity = Math.min(maxConcurrentStreams, MAX_STREAMS)
    clearTimeout(this.#patience)
    this.#vigil ??= new Vigil(this, this.#vigilTimes)
    this.#listener.onRoom(this)
  }

  readonly #onClose = () => {
    clearTimeout(this.#patience)
    this.#vigil?.stop()
    this.#listener.onSessionEnd(this, this.#vigil === undefined ? explainOpening(this.#error) : null)
  }
}
