import { Readable } from 'node:stream'
import type { ServerResponse } from 'node:http'

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
    this.#source.abort(error)
    callback(error)
  }

  /**
   * A response's head leaves now, and not with the first byte of the body: an event stream may have none for a long
   * time. A chunk that is already here takes it along in one packet.
   */
  override pipe<T extends NodeJS.WritableStream> (destination: T, options?: { end?: boolean }): T {
    super.pipe(destination, options)
    if (this.readableLength === 0 && isResponse(destination)) destination.write(NOTHING)
    return destination
  }
}

function ignore (): void {}

function isResponse (stream: object): stream is ServerResponse {
  return 'flushHeaders' in stream && typeof stream.flushHeaders === 'function'
}
