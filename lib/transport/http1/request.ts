import type { Socket } from 'node:net'
import { ProtocolError } from '../errors.ts'
import type { OutgoingRequest, TransportHandler } from '../transport.ts'
import { aborted } from './errors.ts'
import { type RequestHead, writeRequest } from './write-request.ts'
import type { ResponseContext, ResponseListener } from './response-parser.ts'
import { type StreamingRequest, Upload, type UploadListener } from './upload.ts'

/** The connection that a request runs on. */
export interface RequestConnection {
  readonly socket: Socket
  /** How many milliseconds it may be kept after the response; 0 when it may not. Known with the head. */
  readonly keepAlive: number
  /** A response is expected from here on. */
  expectResponse (context: ResponseContext, listener: ResponseListener): void
  pause (): void
  resume (): void
  /** The request has ended, and the connection is free for another. */
  release (): void
  /** The request has ended with a switch of protocols: the socket belongs to the handler. */
  detach (rest: Buffer): void
  /** Ends it, and the request with that error. */
  fail (error: Error): void
  /** Ends it after the request has ended. */
  close (): void
}

/** One request: pending until it starts, active on a connection, and ended with the last event of its handler. */
export class Http1Request implements ResponseListener, UploadListener {
  readonly #request: OutgoingRequest
  readonly #head: RequestHead
  readonly #handler: TransportHandler
  /** `null` unless the request is active. */
  #connection: RequestConnection | null = null
  #upload: Upload | null = null
  /** The read that is being parsed has brought the head of the response. */
  #isHeadNew = false

  constructor (request: OutgoingRequest, head: RequestHead, handler: TransportHandler) {
    this.#request = request
    this.#head = head
    this.#handler = handler
  }

  get isUpgrade (): boolean {
    return this.#request.upgrade !== null
  }

  /** Sends it, unless its handler aborts it first. */
  start (connection: RequestConnection): void {
    this.#connection = connection
    try {
      this.#handler.onConnect(error => this.#connection?.fail(error ?? aborted()))
      if (this.#connection === connection) this.#send(connection.socket)
    } catch (error) {
      connection.fail(error as Error)
    }
  }

  #send (socket: Socket): void {
    const { method, body } = this.#request
    if (body === null || Buffer.isBuffer(body)) {
      this.onUploadStart()
      if (writeRequest(socket, method, body, this.#head)) this.#handler.onBodySent()
      return
    }
    this.#upload = new Upload(socket, this.#request as StreamingRequest, this.#head, this)
    this.#upload.start()
  }

  /** The socket can take more of the body. */
  resumeUpload (): void {
    this.#upload?.resume()
  }

  /** Not earlier: on a kept connection, bytes that come before the request is written are no response to it. */
  onUploadStart (): void {
    this.#connection!.expectResponse(this.#request, this)
  }

  onBodySent (): void {
    this.#handler.onBodySent()
  }

  onUploadError (error: Error): void {
    this.#connection?.fail(error)
  }

  onHead (statusCode: number, rawHeaders: string[], statusText: string): void {
    const connection = this.#connection!
    this.#isHeadNew = statusCode >= 200
    const takesMore = this.#handler.onHeaders(statusCode, rawHeaders, () => this.#connection?.resume(), statusText)
    if (!takesMore) connection.pause()
  }

  onBody (chunk: Buffer): void {
    const connection = this.#connection!
    if (!this.#handler.onData(chunk)) connection.pause()
  }

  /** A read has been parsed. */
  onReadEnd (): void {
    if (!this.#isHeadNew) return
    this.#isHeadNew = false
    this.#handler.onRead()
  }

  onEnd (rawTrailers: string[] | null): void {
    const connection = this.#connection!
    const isReusable = this.#head.isKeepAlive && connection.keepAlive > 0 && this.#hasSentAll()
    this.#connection = null
    if (isReusable) connection.release()
    else this.#close(connection)
    try {
      this.#handler.onComplete(rawTrailers)
    } catch (error) {
      connection.close()
      this.#handler.onError(error as Error)
    }
  }

  /** A response before the end of the request may mean that the upstream reads no more of it. */
  #hasSentAll (): boolean {
    return this.#upload?.isComplete !== false && this.#connection!.socket.writableLength === 0
  }

  #close (connection: RequestConnection): void {
    this.#upload?.stop()
    connection.close()
  }

  onSwitch (rawHeaders: string[], rest: Buffer): void {
    if (!this.#hasSentAll()) throw new ProtocolError('a switch of protocols in the middle of a request')
    const connection = this.#connection!
    this.#connection = null
    connection.detach(rest)
    try {
      this.#handler.onUpgrade(101, rawHeaders, connection.socket)
    } catch (error) {
      this.#close(connection)
      this.#handler.onError(error as Error)
    }
  }

  /** Stops an active request; the rest of its body is discarded. */
  stop (): void {
    this.#connection = null
    this.#upload?.stop()
  }

  /** Ends it with an error, after it has been stopped or before it has started. */
  fail (error: Error): void {
    this.#handler.onError(error)
  }
}
