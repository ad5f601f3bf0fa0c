import type { Socket } from 'node:net'
import { resetReading } from '../../downstream/node-internals.ts'
import { NOT_IN_SET } from '../../collections/indexed-set.ts'
import type { Watched } from '../../collections/deadlines.ts'
import { connectTimeout, otherSideClosed } from './errors.ts'
import type { OpenSocket } from './open-socket.ts'
import { ReadBuffer } from './read-buffer.ts'
import type { Http1Request, RequestConnection } from './request.ts'
import { type ResponseContext, type ResponseListener, ResponseParser } from './response-parser.ts'

/** The transport that a connection belongs to. */
export interface ConnectionListener {
  /** Its request has ended, and it can take another. */
  onIdle (connection: Connection): void
  /** It is closed, or its socket was handed over. Called once. */
  onClose (connection: Connection): void
}

/**
 * One connection: opened for its first request, then idle or with one active request, at last closed or handed over.
 */
export class Connection implements Watched, RequestConnection {
  readonly socket: Socket
  /** When it is closed, in the clock's milliseconds: while it is being opened, and while it is idle. */
  deadline: number
  setIndex = NOT_IN_SET
  readonly #listener: ConnectionListener
  readonly #now: () => number
  readonly #buffer = new ReadBuffer()
  readonly #parser = new ResponseParser(this.#buffer.take)
  /** The one that is active, or for which the connection is being opened. */
  #request: Http1Request | null
  #isPaused = false

  /**
   * @param request - its first
   * @param now - monotonic clock, in milliseconds
   * @param connectBy - when it must be open, in the clock's milliseconds
   */
  constructor (
    open: OpenSocket,
    request: Http1Request,
    listener: ConnectionListener,
    now: () => number,
    connectBy: number
  ) {
    this.#listener = listener
    this.#now = now
    this.#request = request
    this.deadline = connectBy
    this.socket = open(this.#onRead, this.#buffer.next, this.#onConnect, request.isUpgrade)
    this.socket.on('error', this.#onError).on('end', this.#onEnd).on('close', this.#onClose).on('drain', this.#onDrain)
  }

  /** Whether an idle connection can be reused. */
  isReusable (now: number): boolean {
    return !this.socket.destroyed && now < this.deadline
  }

  /** Sends another request on an idle connection. */
  start (request: Http1Request): void {
    this.socket.ref()
    this.#request = request
    this.#begin(request)
  }

  #begin (request: Http1Request): void {
    this.deadline = Infinity
    request.start(this)
  }

  get keepAlive (): number {
    return this.#parser.keepAlive
  }

  expectResponse (context: ResponseContext, listener: ResponseListener): void {
    this.#parser.begin(context, listener)
  }

  pause (): void {
    this.#isPaused = true
  }

  resume (): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.socket.resume()
  }

  /** Idle: does not keep the process alive, but still reads, to notice its end, or bytes without a request. */
  release (): void {
    this.#request = null
    this.#buffer.release()
    this.deadline = this.#now() + this.#parser.keepAlive
    this.resume()
    this.socket.unref()
    this.#listener.onIdle(this)
  }

  detach (rest: Buffer): void {
    this.#request = null
    this.socket.off('end', this.#onEnd).off('close', this.#onClose)
    resetReading(this.socket, rest)
    this.#listener.onClose(this)
  }

  expire (): void {
    this.fail(connectTimeout())
  }

  fail (error: Error): void {
    const request = this.#request
    this.#request = null
    request?.stop()
    this.close()
    request?.fail(error)
  }

  close (): void {
    this.#request = null
    this.#parser.stop()
    this.#buffer.release()
    this.socket.destroy()
  }

  readonly #onRead = (length: number, bytes: Buffer) => {
    try {
      this.#parser.read(bytes, length)
      this.#request?.onReadEnd()
    } catch (error) {
      this.fail(error as Error)
    }
    return !this.#isPaused
  }

  readonly #onConnect = () => {
    if (this.#request !== null) this.#begin(this.#request)
  }

  readonly #onDrain = () => this.#request?.resumeUpload()

  readonly #onError = (error: Error) => this.fail(error)

  readonly #onEnd = () => {
    if (!this.#parser.finish()) this.fail(otherSideClosed())
  }

  readonly #onClose = () => {
    this.fail(otherSideClosed())
    this.#listener.onClose(this)
  }
}
