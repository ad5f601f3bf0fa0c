import type { ClientHttp2Stream } from 'node:http2'
import type { Readable } from 'node:stream'
import { ignore } from '../../ignore.ts'

/** The events of an upload. */
export interface UploadListener {
  /** A part of the body has been written: the upstream's windows had room for it. */
  onBodySent (): void
  /** It cannot be completed, and neither can the request. */
  onUploadError (error: Error): void
}

/**
 * Writes a body to a stream, with back-pressure. The response does not end it: it may come while the upload goes on.
 */
export class Upload {
  readonly #body: Readable
  readonly #stream: ClientHttp2Stream
  readonly #listener: UploadListener
  #isStopped = false

  constructor (body: Readable, stream: ClientHttp2Stream, listener: UploadListener) {
    this.#body = body
    this.#stream = stream
    this.#listener = listener
    // Already ended: no more events will fire.
    if (body.readableEnded) this.#onEnd()
    else if (body.destroyed) this.#onClose()
    else this.#listen()
  }

  #listen (): void {
    this.#body.on('data', this.#onData).on('end', this.#onEnd).on('error', this.#onError).on('close', this.#onClose)
    this.#stream.on('drain', this.#onDrain)
  }

  /** Discards the rest of the body, without an error. */
  stop (): void {
    if (this.#isStopped) return
    this.#detach()
    this.#body.on('error', ignore).destroy()
  }

  #detach (): void {
    this.#isStopped = true
    this.#body.off('data', this.#onData).off('end', this.#onEnd).off('error', this.#onError).off('close', this.#onClose)
    this.#stream.off('drain', this.#onDrain)
  }

  readonly #onData = (chunk: Buffer) => {
    const takesMore = this.#stream.write(chunk, error => { if (!error) this.#listener.onBodySent() })
    if (!takesMore) this.#body.pause()
  }

  readonly #onDrain = () => {
    this.#body.resume()
  }

  readonly #onEnd = () => {
    this.#detach()
    this.#stream.end()
  }

  readonly #onError = (error: Error) => {
    this.stop()
    this.#listener.onUploadError(error)
  }

  readonly #onClose = () => {
    this.#onError(this.#body.errored ?? prematureClose())
  }
}

function prematureClose (): Error {
  return Object.assign(new Error('The body ended too early'), { code: 'ERR_STREAM_PREMATURE_CLOSE' })
}
