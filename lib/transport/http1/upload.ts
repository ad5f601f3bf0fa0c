import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { OutgoingRequest } from '../transport.ts'
import { aborted, lengthMismatch } from './errors.ts'
import { checkLength, framingLines } from './write-request.ts'
import { composeTrailers, type RequestHead } from './request-head.ts'

/** Who is told how it goes. */
export interface UploadListener {
  /** Its head is about to be written: an answer can come from here on. */
  begun (): void
  /** A piece has been written. */
  sent (): void
  /** It cannot be completed: what is on the connection is not a whole request. */
  failed (error: Error): void
}

/**
 * Writes a request whose body is a stream, with back-pressure. The head leaves together with the first piece, when that is
 * here by the end of this turn of the event loop; it does not wait for longer: the upstream may answer it before.
 */
export class Upload {
  /** All of it has been written. */
  isOver = false
  readonly #socket: Socket
  readonly #body: Readable
  readonly #request: OutgoingRequest
  readonly #length: number | null
  readonly #listener: UploadListener
  /** `null` when it has been written. */
  #head: string | null
  #written = 0
  #headDue: NodeJS.Immediate | undefined

  constructor (socket: Socket, request: OutgoingRequest & { body: Readable }, { lines, contentLength }: RequestHead, listener: UploadListener) {
    this.#socket = socket
    this.#request = request
    this.#body = request.body
    this.#head = lines
    this.#length = contentLength
    this.#listener = listener
  }

  start (): void {
    const body = this.#body
    if (body.errored !== null) return this.#listener.failed(body.errored)
    // Neither event will come again.
    if (body.readableEnded) return this.#onEnd()
    if (body.destroyed) return this.#listener.failed(aborted())
    body.on('data', this.#onData).on('end', this.#onEnd).on('error', this.#onError).on('close', this.#onClose)
    this.#headDue = setImmediate(() => this.#writeHead())
    body.resume()
  }

  /** The connection takes more. */
  resume (): void {
    if (!this.isOver) this.#body.resume()
  }

  /** Leaves the rest. */
  stop (): void {
    clearImmediate(this.#headDue)
    this.#body.off('data', this.#onData).off('end', this.#onEnd).off('error', this.#onError).off('close', this.#onClose)
    this.#body.destroy()
  }

  readonly #onData = (chunk: Buffer | string) => {
    this.#attempt(() => {
      const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk)
      this.#written += bytes.length
      if (this.#length !== null && this.#written > this.#length) throw lengthMismatch()
      // In chunks, one of no bytes would be the end.
      if (bytes.length === 0) return
      if (!this.#write(bytes)) this.#body.pause()
      this.#listener.sent()
    })
  }

  readonly #onEnd = () => {
    this.#attempt(() => {
      checkLength(this.#length, this.#written)
      clearImmediate(this.#headDue)
      this.#writeEnd()
      this.isOver = true
    })
  }

  readonly #onError = (error: Error) => this.#listener.failed(error)

  readonly #onClose = () => {
    if (!this.isOver) this.#listener.failed(aborted())
  }

  #attempt (step: () => void): void {
    try {
      step()
    } catch (error) {
      this.#listener.failed(error as Error)
    }
  }

  #write (bytes: Buffer): boolean {
    this.#socket.cork()
    this.#writeHead()
    if (this.#length === null) this.#socket.write(`${bytes.length.toString(16)}\r\n`, 'latin1')
    let wantsMore = this.#socket.write(bytes)
    if (this.#length === null) wantsMore = this.#socket.write('\r\n', 'latin1')
    this.#socket.uncork()
    return wantsMore
  }

  #writeHead (length = this.#length): void {
    if (this.#head === null) return
    this.#listener.begun()
    this.#socket.write(this.#head + framingLines(this.#request.method, length), 'latin1')
    this.#head = null
  }

  /** A body of which nothing has come and nothing been said is none. */
  #writeEnd (): void {
    const { trailers } = this.#request
    if (this.#length !== null) return this.#writeHead()
    if (this.#head !== null && trailers === null) return this.#writeHead(0)
    this.#writeHead()
    this.#socket.write(`0\r\n${trailers === null ? '' : composeTrailers(trailers())}\r\n`, 'latin1')
  }
}
