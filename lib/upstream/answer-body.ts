import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import type { ServerResponse } from 'node:http'
import { isHttp2 } from '../client/http-version.ts'
import { writeInOneWrite } from '../client/one-write.ts'
import { foldRepeated } from '../headers/http2-response.ts'
import type { HeaderRecord } from '../headers/response.ts'

/** Where the bytes of an answer come from. */
export interface AnswerSource {
  /** More may come: the client has read what there was. */
  resume (): void
  abort (error?: Error | null): void
}

// Sends the head, as flushHeaders() would, but as the latin1 that it is: flushHeaders() writes it as UTF-8.
const NOTHING = Buffer.alloc(0)
const HIGH_WATER_MARK = 64 * 1024

/**
 * The body of an answer as a stream, chunk by chunk as it arrives; bounded by asking its source to stop.
 * Destroying it aborts the source.
 */
export class AnswerBody extends Readable {
  readonly #source: AnswerSource
  /** What came behind it; known when it has ended. */
  trailers: HeaderRecord | null = null
  /** It is known already that there is nothing in it, and nothing behind it. */
  isEmpty = false
  /** What it is written to without being read; `null` where it is a stream like any other. */
  #response: ServerResponse | null = null
  /** Of that response, when it was its turn at once. */
  #socket: Socket | null = null
  #hasEnded = false

  constructor (source: AnswerSource) {
    super({ highWaterMark: HIGH_WATER_MARK })
    this.#source = source
    // It may break off before anybody listens, while a hook is looking at the answer: that must not end the process.
    // Whoever reads it later still learns of it.
    this.on('error', ignore)
  }

  override _read (): void {
    this.#source.resume()
  }

  override _destroy (error: Error | null, callback: (error?: Error | null) => void): void {
    this.#socket?.off('drain', this.#resume)
    this.#source.abort(error)
    callback(error)
  }

  /** @returns whether more can be taken */
  override push (chunk: Buffer | null): boolean {
    if (chunk === null) this.#hasEnded = true
    if (this.#response === null) return super.push(chunk)
    // A client that has gone takes everything.
    if (this.#response.destroyed) return true
    if (chunk === null) return this.#endResponse(this.#response)
    return this.#socket === null ? this.#response.write(chunk) : writeInOneWrite(this.#response, this.#socket, chunk)
  }

  /**
   * Writes it to a response of HTTP/1 whose head is written and leaves now, with what is here: chunk by chunk as they come,
   * without the work of a stream for each. Nobody must have begun to read it.
   */
  sendTo (response: ServerResponse): void {
    const chunk = this.read() as Buffer | null
    this.#response = response.on('drain', this.#resume)
    this.#socket = response.socket?.on('drain', this.#resume) ?? null
    response.write(chunk ?? NOTHING)
    if (this.#hasEnded) this.#endResponse(response)
  }

  readonly #resume = () => this.#source.resume()

  #endResponse (response: ServerResponse): boolean {
    this.#addTrailers(response)
    response.end()
    this.destroy()
    return false
  }

  /**
   * A response's head leaves now, and not with the first byte of the body: an event stream may have none for a long
   * time. A chunk that is already here takes it along in one packet. Trailers leave with its end, where the response's
   * framing can carry them.
   */
  override pipe<T extends NodeJS.WritableStream> (destination: T, options?: { end?: boolean }): T {
    if (!isResponse(destination)) return super.pipe(destination, options)
    // Before pipe's own listener, which ends the response.
    this.once('end', () => this.#addTrailers(destination))
    super.pipe(destination, options)
    if (this.readableLength === 0) destination.write(NOTHING)
    return destination
  }

  #addTrailers (response: ServerResponse): void {
    if (this.trailers !== null) response.addTrailers(isHttp2(response) ? foldRepeated(this.trailers) : this.trailers)
  }
}

function ignore (): void {}

function isResponse (stream: object): stream is ServerResponse {
  return 'flushHeaders' in stream && typeof stream.flushHeaders === 'function'
}
