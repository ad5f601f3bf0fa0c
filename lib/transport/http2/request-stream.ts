import { type ClientHttp2Session, type ClientHttp2Stream, constants } from 'node:http2'
import { notifyEndStream } from '../../downstream/node-internals.ts'
import type { OutgoingRequest, TransportHandler } from '../transport.ts'
import { withoutStatus } from './fields.ts'
import { openStream, sendBody } from './send-request.ts'
import type { Upload, UploadListener } from './upload.ts'

/** The session of a stream. */
export interface StreamOwner {
  scheme: string
  /** Why a stream was closed before its response ended. */
  explainFailure (stream: ClientHttp2Stream): Error
  /** The stream is closed, and another may be opened. Called once. */
  onStreamClose (): void
}

/** One request on a stream of a session. */
export class RequestStream implements UploadListener {
  readonly #request: OutgoingRequest
  readonly #handler: TransportHandler
  readonly #owner: StreamOwner
  #stream: ClientHttp2Stream | undefined
  #upload: Upload | undefined
  #trailers: readonly string[] | null = null
  /** Data that came while paused. Only after END_STREAM: before, they wait outside the flow-control window. */
  #pausedData: Buffer[] = []
  #isPaused = false
  /** END_STREAM has come. */
  #hasEndStream = false
  /** END_STREAM has come, and all data have been read. */
  #isFullyRead = false
  /** The handler has got its last event. */
  #hasEnded = false

  constructor (request: OutgoingRequest, handler: TransportHandler, owner: StreamOwner) {
    this.#request = request
    this.#handler = handler
    this.#owner = owner
  }

  start (session: ClientHttp2Session): void {
    this.#guard(() => this.#handler.onConnect(this.#abort))
    if (this.#hasEnded) return this.#owner.onStreamClose()
    try {
      this.#stream = openStream(session, this.#request, this.#owner.scheme)
    } catch (error) {
      this.#fail(error as Error)
      return this.#owner.onStreamClose()
    }
    this.#listen(this.#stream)
    this.#upload = sendBody(this.#stream, this.#request, this)
  }

  #listen (stream: ClientHttp2Stream): void {
    notifyEndStream(stream, this.#onEndStream)
    stream.on('headers', this.#onInterim).once('response', this.#onResponse)
      .once('trailers', (_fields, _flags, raw) => { this.#trailers = withoutStatus(raw) })
      .once('end', this.#onEnd)
      // The peer has reset the stream: nothing that is sent will be read.
      .once('aborted', () => this.#upload?.stop())
      .once('close', this.#onClose)
      // 'close' follows, and is the event that counts.
      .on('error', () => {})
  }

  onBodySent (): void {
    if (!this.#hasEnded) this.#guard(() => this.#handler.onBodySent())
  }

  onUploadError (error: Error): void {
    this.#abort(error)
  }

  readonly #abort = (error: Error = new Error('The request was aborted')) => {
    if (this.#hasEnded) return
    this.#stream?.close(constants.NGHTTP2_CANCEL)
    this.#fail(error)
  }

  readonly #onInterim = (fields: { ':status'?: number }, _flags: number, raw: unknown) => {
    const status = fields[':status']!
    // The gateway itself replies to an expectation.
    if (status === constants.HTTP_STATUS_CONTINUE || this.#hasEnded) return
    this.#guard(() => this.#handler.onHeaders(status, withoutStatus(raw as readonly string[]), () => {}, ''))
  }

  readonly #onResponse = (fields: { ':status'?: number }, _flags: number, raw: unknown) => {
    if (this.#hasEnded) return
    this.#guard(() => {
      const rawHeaders = withoutStatus(raw as readonly string[])
      const takesMore = this.#handler.onHeaders(fields[':status']!, rawHeaders, this.#resume, '')
      // Not earlier: data that came with the head must not overtake it.
      this.#stream!.on('data', this.#onData)
      if (!takesMore) this.#pause()
    })
    // By then everything that has been read is passed on.
    queueMicrotask(this.#onRead)
  }

  readonly #onRead = () => {
    if (!this.#hasEnded) this.#guard(() => this.#handler.onRead())
  }

  readonly #onData = (chunk: Buffer) => {
    if (this.#hasEnded) return
    if (this.#isPaused) this.#pausedData.push(chunk)
    else this.#guard(() => { if (!this.#handler.onData(chunk)) this.#pause() })
  }

  #pause (): void {
    this.#isPaused = true
    if (!this.#hasEndStream) this.#stream!.pause()
  }

  readonly #resume = () => {
    if (this.#hasEnded || !this.#isPaused) return
    this.#isPaused = false
    const data = this.#pausedData
    this.#pausedData = []
    for (const chunk of data) this.#onData(chunk)
    this.#proceed()
  }

  #proceed (): void {
    if (this.#isPaused || this.#hasEnded) return
    if (this.#isFullyRead) this.#complete()
    else this.#stream!.resume()
  }

  /** The rest of the data is read from node at once: with the session, which may close, node would drop it. */
  readonly #onEndStream = () => {
    this.#hasEndStream = true
    if (this.#isPaused) this.#stream!.resume()
  }

  readonly #onEnd = () => {
    this.#isFullyRead = this.#hasEndStream
    if (this.#isFullyRead) this.#proceed()
  }

  readonly #onClose = () => {
    if (!this.#hasEnded && !this.#isFullyRead) this.#fail(this.#owner.explainFailure(this.#stream!))
    this.#owner.onStreamClose()
  }

  #complete (): void {
    this.#hasEnded = true
    this.#upload?.stop()
    // The rest of an upload is of no use after the response (RFC 9113, 8.1).
    if (!this.#stream!.writableFinished) this.#stream!.close(constants.NGHTTP2_CANCEL)
    try {
      this.#handler.onComplete(this.#trailers)
    } catch (error) {
      this.#handler.onError(error as Error)
    }
  }

  #fail (error: Error): void {
    this.#hasEnded = true
    this.#pausedData = []
    this.#upload?.stop()
    this.#handler.onError(error)
  }

  #guard (action: () => void): void {
    try {
      action()
    } catch (error) {
      this.#abort(error as Error)
    }
  }
}
