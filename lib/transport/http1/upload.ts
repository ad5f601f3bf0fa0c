import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { OutgoingRequest } from '../transport.ts'
import { aborted, lengthMismatch } from './errors.ts'
import { checkLength, composeTrailers, framingLines, type RequestHead } from './write-request.ts'

/** The events of an upload. */
export interface UploadListener {
  /** The head is about to be written: a response is possible from here on. */
  onUploadStart (): void
  /** A part of the body has been written. */
  onBodySent (): void
  /** It cannot be completed: what has been written is not a whole request. */
  onUploadError (error: Error): void
}

/** A request whose body is a stream. */
export type StreamingRequest = OutgoingRequest & { body: Readable }

/**
 * Writes a request whose body is a stream, with back-pressure. The head is written together with the first part of the
 * body if that comes within this turn of the event loop; it does not wait for longer: the upstream may respond to the
 * head.
 */
export class Upload {
  /** The whole request has been written. */
  isComplete = false
  readonly #socket: Socket
  readonly #body: Readable
  readonly #request: OutgoingRequest
  readonly #length: number | null
  readonly #listener: UploadListener
  /** `null` once it has been written. */
  #head: string | null
  #written = 0
  #headTimer: NodeJS.Immediate | undefined

  constructor (socket: Socket, request: StreamingRequest, head: RequestHead, listener: UploadListener) {
    this.#socket = socket
    this.#request = request
    this.#body = request.body
    this.#head = head.lines
    this.#length = head.contentLength
    this.#listener = listener
  }

  start (): void {
    const body = this.#body
    if (body.errored !== null) return this.#listener.onUploadError(body.errored)
    // Already ended: no more events will fire.
    if (body.readableEnded) return this.#onEnd()
    if (body.destroyed) return this.#listener.onUploadError(aborted())
    body.on('data', this.#onData).on('end', this.#onEnd).on('error', this.#onError).on('close', this.#onClose)
    this.#headTimer = setImmediate(() => this.#writeHead())
    body.resume()
  }

  /** The socket can take more. */
  resume (): void {
    if (!this.isComplete) this.#body.resume()
  }

  /** Discards the rest of the body. */
  stop (): void {
    clearImmediate(this.#headTimer)
    this.#body.off('data', this.#onData).off('end', this.#onEnd).off('error', this.#onError).off('close', this.#onClose)
    this.#body.destroy()
  }

  readonly #onData = (chunk: Buffer | string) => {
    this.#guard(() => {
      const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk)
      this.#written += bytes.length
      if (this.#length !== null && this.#written > this.#length) throw lengthMismatch()
      // An empty chunk would be the end of the body.
      if (bytes.length === 0) return
      if (!this.#write(bytes)) this.#body.pause()
      this.#listener.onBodySent()
    })
  }

  readonly #onEnd = () => {
    this.#guard(() => {
      checkLength(this.#length, this.#written)
      clearImmediate(this.#headTimer)
      this.#writeEnd()
      this.isComplete = true
    })
  }

  readonly #onError = (error: Error) => this.#listener.onUploadError(error)

  readonly #onClose = () => {
    if (!this.isComplete) this.#listener.onUploadError(aborted())
  }

  #guard (step: () => void): void {
    try {
      step()
    } catch (error) {
      this.#listener.onUploadError(error as Error)
    }
  }

  #write (bytes: Buffer): boolean {
    this.#socket.cork()
    this.#writeHead()
    if (this.#length === null) this.#socket.write(`${bytes.length.toString(16)}\r\n`, 'latin1')
    let takesMore = this.#socket.write(bytes)
    if (this.#length === null) takesMore = this.#socket.write('\r\n', 'latin1')
    this.#socket.uncork()
    return takesMore
  }

  #writeHead (length = this.#length): void {
    if (this.#head === null) return
    this.#listener.onUploadStart()
    this.#socket.write(this.#head + framingLines(this.#request.method, length), 'latin1')
    this.#head = null
  }

  /** Without a length, data and trailers there is no body. */
  #writeEnd (): void {
    const { trailers } = this.#request
    if (this.#length !== null) return this.#writeHead()
    if (this.#head !== null && trailers === null) return this.#writeHead(0)
    this.#writeHead()
    this.#socket.write(`0\r\n${trailers === null ? '' : composeTrailers(trailers())}\r\n`, 'latin1')
  }
}
