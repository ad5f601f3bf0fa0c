import { type ClientHttp2Session, type ClientHttp2Stream, constants, type OutgoingHttpHeaders } from 'node:http2'
import { Readable } from 'node:stream'
import { type OutgoingRequest, type TransportHandler, UnsendableError } from '../transport.ts'
import { joinRepeated, toFields, toRequestFields, withoutStatus } from './fields.ts'
import { Upload } from './upload.ts'

/** What a request on a session has to know of it. */
export interface RunningRequestOwner {
  scheme: string
  /** Why a stream has ended that had not come to its end. */
  explainEnd (stream: ClientHttp2Stream): Error
  /** Its stream is gone, and another may take its place. Called once. */
  onStreamClosed (): void
}

/** One request on a stream of a session, and its handler's events. */
export class RunningRequest {
  readonly #request: OutgoingRequest
  readonly #handler: TransportHandler
  readonly #owner: RunningRequestOwner
  #stream: ClientHttp2Stream | undefined
  #upload: Upload | undefined
  #trailers: readonly string[] | null = null
  /** What has come and was not taken. Only of an answer whose end is here: what is before stays behind the window. */
  #held: Buffer[] = []
  #isPaused = false
  /** Its END_STREAM has come. */
  #isWhole = false
  #hasEnded = false
  #isOver = false

  constructor (request: OutgoingRequest, handler: TransportHandler, owner: RunningRequestOwner) {
    this.#request = request
    this.#handler = handler
    this.#owner = owner
  }

  start (session: ClientHttp2Session): void {
    this.#guard(() => this.#handler.onConnect(this.#abort))
    if (this.#isOver) return this.#owner.onStreamClosed()
    try {
      this.#stream = openStream(session, this.#request, this.#owner.scheme)
    } catch (cause) {
      this.#fail(new UnsendableError('It cannot be written as HTTP/2', { cause }))
      return this.#owner.onStreamClosed()
    }
    this.#listen(this.#stream)
    this.#send(this.#stream)
  }

  #listen (stream: ClientHttp2Stream): void {
    noticeEnd(stream, this.#onWhole)
    stream.on('headers', this.#onInterim).once('response', this.#onResponse)
      .once('trailers', (_fields, _flags, raw) => { this.#trailers = withoutStatus(raw) })
      .once('end', this.#onEnd)
      // Its other direction has been reset: what it is sent goes nowhere.
      .once('aborted', () => this.#upload?.stop())
      .once('close', this.#onClose)
      // Told by 'close'.
      .on('error', () => {})
  }

  #send (stream: ClientHttp2Stream): void {
    const { body, trailers } = this.#request
    if (trailers !== null) stream.once('wantTrailers', () => this.#sendTrailers(stream, trailers))
    if (body instanceof Readable) {
      this.#upload = new Upload(body, stream, {
        onBodySent: () => { if (!this.#isOver) this.#guard(() => this.#handler.onBodySent()) },
        onUploadFailed: this.#abort,
      })
    } else if (body !== null) {
      stream.end(body, () => { if (!this.#isOver) this.#guard(() => this.#handler.onBodySent()) })
    } else if (trailers !== null) stream.end()
  }

  /** What cannot be sent is the client's fault. */
  #sendTrailers (stream: ClientHttp2Stream, trailers: () => readonly string[]): void {
    try {
      const fields = toFields(trailers())
      withoutRefusal(fields, each => stream.sendTrailers(each))
    } catch (cause) {
      this.#abort(new UnsendableError('Its trailers cannot be written as HTTP/2', { cause }))
    }
  }

  readonly #abort = (error: Error = new Error('The request was aborted')) => {
    if (this.#isOver) return
    this.#stream?.close(constants.NGHTTP2_CANCEL)
    this.#fail(error)
  }

  readonly #onInterim = (fields: { ':status'?: number }, _flags: number, raw: unknown) => {
    const status = fields[':status']!
    // Nobody waits for it: the gateway itself answers an expectation.
    if (status === constants.HTTP_STATUS_CONTINUE || this.#isOver) return
    this.#guard(() => this.#handler.onHeaders(status, withoutStatus(raw as readonly string[]), () => {}, ''))
  }

  readonly #onResponse = (fields: { ':status'?: number }, _flags: number, raw: unknown) => {
    if (this.#isOver) return
    this.#guard(() => {
      const takesMore = this.#handler.onHeaders(fields[':status']!, withoutStatus(raw as readonly string[]), this.#resume, '')
      // Only now: data that came with the head must not overtake it.
      this.#stream!.on('data', this.#onData)
      if (!takesMore) this.#pause()
    })
    // What is here already is told by then.
    queueMicrotask(this.#onRead)
  }

  readonly #onRead = () => {
    if (!this.#isOver) this.#guard(() => this.#handler.onRead())
  }

  readonly #onData = (chunk: Buffer) => {
    if (this.#isOver) return
    if (this.#isPaused) this.#held.push(chunk)
    else this.#guard(() => { if (!this.#handler.onData(chunk)) this.#pause() })
  }

  #pause (): void {
    this.#isPaused = true
    if (!this.#isWhole) this.#stream!.pause()
  }

  readonly #resume = () => {
    if (this.#isOver || !this.#isPaused) return
    this.#isPaused = false
    const held = this.#held
    this.#held = []
    for (const chunk of held) this.#onData(chunk)
    this.#proceed()
  }

  #proceed (): void {
    if (this.#isPaused || this.#isOver) return
    if (this.#hasEnded) this.#complete()
    else this.#stream!.resume()
  }

  /** The end is here. What is before it is taken from node now: with the session, which may close, node would drop it. */
  readonly #onWhole = () => {
    this.#isWhole = true
    if (this.#isPaused) this.#stream!.resume()
  }

  readonly #onEnd = () => {
    this.#hasEnded = this.#isWhole
    if (this.#hasEnded) this.#proceed()
  }

  readonly #onClose = () => {
    if (!this.#isOver && !this.#hasEnded) this.#fail(this.#owner.explainEnd(this.#stream!))
    this.#owner.onStreamClosed()
  }

  #complete (): void {
    this.#isOver = true
    this.#upload?.stop()
    // An upload that has not ended is of no use to anybody (RFC 9113, 8.1).
    if (!this.#stream!.writableFinished) this.#stream!.close(constants.NGHTTP2_CANCEL)
    try {
      this.#handler.onComplete(this.#trailers)
    } catch (error) {
      this.#handler.onError(error as Error)
    }
  }

  #fail (error: Error): void {
    this.#isOver = true
    this.#held = []
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

function openStream (session: ClientHttp2Session, request: OutgoingRequest, scheme: string): ClientHttp2Stream {
  const hasTrailers = request.trailers !== null
  const options = { endStream: request.body === null && !hasTrailers, waitForTrailers: hasTrailers }
  return withoutRefusal(toRequestFields(request, scheme), fields => session.request(fields, options))
}

/** With repeated fields as they are, or joined where node refuses them. */
function withoutRefusal<T> (fields: OutgoingHttpHeaders, send: (fields: OutgoingHttpHeaders) => T): T {
  try {
    return send(fields)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_HTTP2_HEADER_SINGLE_VALUE') throw error
    return send(joinRepeated(fields))
  }
}

/**
 * Tells when END_STREAM comes. node ends a stream that is reset with NO_ERROR or CANCEL in the middle of its answer in the
 * same way, and that must not look complete; but it has marked such a stream closed before.
 */
function noticeEnd (stream: ClientHttp2Stream, onWhole: () => void): void {
  const push = stream.push.bind(stream)
  stream.push = (chunk: unknown) => {
    const isEnd = chunk === null && !stream.closed
    const takesMore = push(chunk)
    if (isEnd) onWhole()
    return takesMore
  }
}
