import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { foldRepeated } from '../headers/http2.ts'
import type { HeaderRecord } from '../headers/response.ts'
import { isHttp2 } from './http-version.ts'
import { ignore } from '../ignore.ts'

/** Where the bytes of a response come from. */
export interface BodySource {
  /** More may come: what there was has been read. */
  resume (): void
  abort (error?: Error | null): void
}

// Sends the head, as flushHeaders() would, but as the latin1 that it is: flushHeaders() writes it as UTF-8.
const NOTHING = Buffer.alloc(0)
const HIGH_WATER_MARK = 64 * 1024

/**
 * The body of an upstream's response as a stream, chunk by chunk as it arrives, with back-pressure to its source.
 * Destroying it aborts the source.
 */
export class ResponseBody extends Readable {
  /** What came behind it; known when it has ended. */
  trailers: HeaderRecord | null = null
  /** The names that are announced with the head, where its trailers can be sent; set before it is piped. */
  announcement: string | string[] | null = null
  /** It is written to the client as it is. */
  isSent = false
  /** Known to be without content and without trailers. */
  isEmpty = false
  protected readonly source: BodySource

  constructor (source: BodySource) {
    super({ highWaterMark: HIGH_WATER_MARK })
    this.source = source
    // It may break off before anything listens, while a hook looks at the response: that must not end the process. A
    // later reader still gets the error.
    this.on('error', ignore)
  }

  override _read (): void {
    this.source.resume()
  }

  override _destroy (error: Error | null, callback: (error?: Error | null) => void): void {
    this.source.abort(error)
    callback(error)
  }

  /**
   * The head of a response leaves now, and not with the first byte of the body, which may take long to come. A chunk
   * that is already here takes it along in one packet. Of a body that has broken off already no head leaves: an error
   * takes its place. Trailers leave with its end, where the response's framing can carry them.
   */
  override pipe<T extends NodeJS.WritableStream> (destination: T, options?: { end?: boolean }): T {
    if (!isResponse(destination)) return super.pipe(destination, options)
    this.announceTrailers(destination)
    // Before pipe's own listener, which ends the response.
    this.once('end', () => this.addTrailers(destination))
    super.pipe(destination, options)
    if (this.readableLength === 0 && !this.destroyed) destination.write(NOTHING)
    return destination
  }

  /** A hook may have given the response a length, behind which no trailers can come. */
  protected announceTrailers (response: ServerResponse): void {
    this.isSent = true
    if (this.announcement === null || response.headersSent || response.hasHeader('content-length')) return
    response.setHeader('trailer', this.announcement)
  }

  protected addTrailers (response: ServerResponse): void {
    if (this.trailers !== null) response.addTrailers(isHttp2(response) ? foldRepeated(this.trailers) : this.trailers)
  }
}

export function isResponse (stream: object): stream is ServerResponse {
  return 'flushHeaders' in stream && typeof stream.flushHeaders === 'function'
}
