import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { NO_SLOT } from '../../slots.ts'
import type { Watched } from '../../upstream/deadlines.ts'
import { type OutgoingRequest, ProtocolError, type TransportHandler } from '../transport.ts'
import { aborted, connectTimeout, otherSideClosed } from './errors.ts'
import { handOver } from './hand-over.ts'
import type { Job, Owner } from './job.ts'
import type { OpenSocket } from './open-socket.ts'
import { writeWhole } from './write-request.ts'
import { ReadBuffer } from './read-buffer.ts'
import type { ResponseListener } from './response-listener.ts'
import { ResponseParser } from './response-parser.ts'
import { Upload, type UploadListener } from './upload.ts'

/** One connection: opened for its first request, and from then on for one at a time. */
export class Connection implements Watched, ResponseListener, UploadListener {
  /** When it is given up: while it is being opened, and while it is unused. */
  deadline: number
  slot = NO_SLOT
  readonly #owner: Owner
  readonly #now: () => number
  readonly #buffer = new ReadBuffer()
  readonly #parser = new ResponseParser(this, this.#buffer.take)
  readonly #socket: Socket
  #job: Job | null
  #upload: Upload | null = null
  #isPaused = false
  /** A head has come in the read that is being parsed. */
  #isHeadNew = false

  /**
   * @param job - its first
   * @param connectBy - when it must be open, in the clock's milliseconds
   */
  constructor (open: OpenSocket, job: Job, owner: Owner, now: () => number, connectBy: number) {
    this.#owner = owner
    this.#now = now
    this.#job = job
    this.deadline = connectBy
    this.#socket = open(this.#take, this.#buffer.next, this.#onConnect, job.request.upgrade !== null)
    this.#socket.on('error', this.#onError).on('end', this.#onEnd).on('close', this.#onClose).on('drain', this.#onDrain)
  }

  /** Whether it can still be used, when it is unused. */
  isReady (now: number): boolean {
    return !this.#socket.destroyed && now < this.deadline
  }

  /** Takes another request. */
  start (job: Job): void {
    this.#socket.ref()
    this.#begin(job)
  }

  /** Ends it, and with it what it is doing. */
  destroy (error: Error): void {
    this.#fail(error)
  }

  expire (): void {
    this.#fail(connectTimeout())
  }

  #begin (job: Job): void {
    this.#job = job
    this.deadline = Infinity
    try {
      job.handler.onConnect(error => { if (this.#job === job) this.#fail(error ?? aborted()) })
      if (this.#job === job) this.#send(job)
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  #send ({ request, head, handler }: Job): void {
    const { method, body } = request
    if (body === null || Buffer.isBuffer(body)) {
      this.begun()
      if (writeWhole(this.#socket, method, body, head)) handler.onBodySent()
      return
    }
    this.#upload = new Upload(this.#socket, request as OutgoingRequest & { body: Readable }, head, this)
    this.#upload.start()
  }

  /** Not before: bytes that come earlier on a kept connection answer something else. */
  begun (): void {
    this.#parser.begin(this.#job!.request)
  }

  sent (): void {
    this.#job!.handler.onBodySent()
  }

  failed (error: Error): void {
    this.#fail(error)
  }

  head (statusCode: number, rawHeaders: string[], statusText: string): void {
    const job = this.#job!
    this.#isHeadNew = statusCode >= 200
    if (!job.handler.onHeaders(statusCode, rawHeaders, () => this.#resume(job), statusText)) this.#isPaused = true
  }

  body (chunk: Buffer): void {
    if (!this.#job!.handler.onData(chunk)) this.#isPaused = true
  }

  end (rawTrailers: string[] | null): void {
    const { handler, head } = this.#job!
    const isKept = head.isKept && this.#parser.keepAlive > 0 && this.#hasSentAll()
    this.#job = null
    this.#buffer.release()
    this.#upload = isKept ? null : this.#upload
    if (isKept) this.#rest()
    else this.#close()
    try {
      handler.onComplete(rawTrailers)
    } catch (error) {
      this.#lose(handler, error)
    }
  }

  /** An answer that came before the end of the request may be all that its upstream will read. */
  #hasSentAll (): boolean {
    return this.#upload?.isOver !== false && this.#socket.writableLength === 0
  }

  /** The process may end, as far as it is concerned. It goes on reading: an end, or bytes that nobody asked for, must be seen. */
  #rest (): void {
    this.deadline = this.#now() + this.#parser.keepAlive
    if (this.#isPaused) {
      this.#isPaused = false
      this.#socket.resume()
    }
    this.#socket.unref()
    this.#owner.freed(this)
  }

  switched (rawHeaders: string[], rest: Buffer): void {
    if (!this.#hasSentAll()) throw new ProtocolError('a switch of protocols in the middle of a request')
    const { handler } = this.#job!
    this.#job = null
    this.#socket.off('end', this.#onEnd).off('close', this.#onClose)
    handOver(this.#socket, rest)
    this.#owner.closed(this)
    try {
      handler.onUpgrade(101, rawHeaders, this.#socket)
    } catch (error) {
      this.#lose(handler, error)
    }
  }

  readonly #take = (length: number, bytes: Buffer) => {
    try {
      this.#parser.read(bytes, length)
      this.#endRead()
    } catch (error) {
      this.#fail(error as Error)
    }
    return !this.#isPaused
  }

  #endRead (): void {
    if (!this.#isHeadNew) return
    this.#isHeadNew = false
    this.#job?.handler.onRead()
  }

  #resume (job: Job): void {
    if (this.#job !== job || !this.#isPaused) return
    this.#isPaused = false
    this.#socket.resume()
  }

  readonly #onConnect = () => {
    if (this.#job !== null) this.#begin(this.#job)
  }

  readonly #onDrain = () => this.#upload?.resume()

  readonly #onError = (error: Error) => this.#fail(error)

  readonly #onEnd = () => {
    if (!this.#parser.finish()) this.#fail(otherSideClosed())
  }

  readonly #onClose = () => {
    this.#fail(otherSideClosed())
    this.#owner.closed(this)
  }

  /** Its handler has thrown at the last that it was told. The request is over; it costs the connection. */
  #lose (handler: TransportHandler, error: unknown): void {
    this.#close()
    handler.onError(error as Error)
  }

  #fail (error: Error): void {
    const job = this.#job
    this.#job = null
    this.#close()
    job?.handler.onError(error)
  }

  #close (): void {
    this.#parser.stop()
    this.#upload?.stop()
    this.#socket.destroy()
  }
}
