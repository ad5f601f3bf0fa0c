import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { isHttp2 } from '../downstream/http-version.ts'
import { writeInOneWrite } from '../downstream/node-internals.ts'
import { isResponse, ResponseBody } from '../downstream/response-body.ts'

const NOTHING = Buffer.alloc(0)

/**
 * The body of an event stream. Piped to a response of HTTP/1 it is a raw passthrough: each chunk is written as it
 * comes, past the buffer and the events of a stream, which cost more than the rest of an event's way. Anything else
 * that reads it, a hook or a response of HTTP/2, finds the stream that it is.
 */
export class EventStreamBody extends ResponseBody {
  /** Where chunks are written to; `null` while it is a stream like any other. */
  #response: ServerResponse | null = null
  /** Of the response, when it had its turn on the connection from the start. */
  #socket: Socket | null = null
  #hasEnded = false

  /** @returns whether more can be taken */
  override push (chunk: Buffer | null): boolean {
    if (chunk === null) this.#hasEnded = true
    if (this.#response === null) return super.push(chunk)
    if (chunk === null) return this.#end(this.#response)
    // A client that has gone takes everything.
    if (this.#response.destroyed) return true
    return this.#socket === null ? this.#response.write(chunk) : writeInOneWrite(this.#response, this.#socket, chunk)
  }

  /** What a hook has begun to read, or will end by itself, is piped as a stream is. */
  override pipe<T extends NodeJS.WritableStream> (destination: T, options?: { end?: boolean }): T {
    const isRaw =
      isResponse(destination) &&
      !isHttp2(destination) &&
      options?.end !== false &&
      !this.destroyed &&
      !this.readableDidRead
    if (!isRaw) return super.pipe(destination, options)
    this.#writeTo(destination)
    return destination
  }

  /** The head leaves now, with what is already here. */
  #writeTo (response: ServerResponse): void {
    const chunk = this.read() as Buffer | null
    this.announceTrailers(response)
    this.#response = response.on('drain', this.#resume)
    this.#socket = response.socket?.on('drain', this.#resume) ?? null
    response.write(chunk ?? NOTHING)
    if (this.#hasEnded) this.#end(response)
  }

  readonly #resume = () => this.source.resume()

  /** Its own end comes before the response's: Fastify would take the other order for a stream that broke off. */
  #end (response: ServerResponse): boolean {
    super.push(null)
    this.read()
    if (!response.destroyed) {
      this.addTrailers(response)
      response.end()
    }
    return false
  }

  override _destroy (error: Error | null, callback: (error?: Error | null) => void): void {
    this.#socket?.off('drain', this.#resume)
    super._destroy(error, callback)
  }
}
