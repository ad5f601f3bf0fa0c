import type { ClientHttp2Stream } from 'node:http2'
import type { Readable } from 'node:stream'

/** Who is told what becomes of an upload. */
export interface UploadListener {
  /** A piece of it has been written: the upstream's windows had room for it. */
  onBodySent (): void
  /** It breaks off, and so does the request. */
  onUploadFailed (error: Error): void
}

/** Sends a body on a stream, as fast as the other end takes it. Answers do not end it: they may come while it goes on. */
export class Upload {
  readonly #body: Readable
  readonly #stream: ClientHttp2Stream
  readonly #listener: UploadListener
  #hasStopped = false

  constructor (body: Readable, stream: ClientHttp2Stream, listener: UploadListener) {
    this.#body = body
    this.#stream = stream
    this.#listener = listener
    // Over before anybody asked for it: none of its events will come.
    if (body.readableEnded) this.#onEnd()
    else if (body.destroyed) this.#onClose()
    else this.#listen()
  }

  #listen (): void {
    this.#body.on('data', this.#onData).on('end', this.#onEnd).on('error', this.#onError).on('close', this.#onClose)
    this.#stream.on('drain', this.#onDrain)
  }

  /** The rest is not wanted. It is not an error of the body's. */
  stop (): void {
    if (this.#hasStopped) return
    this.#detach()
    this.#body.on('error', ignore).destroy()
  }

  #detach (): void {
    this.#hasStopped = true
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
    this.#listener.onUploadFailed(error)
  }

  readonly #onClose = () => {
    this.#onError(this.#body.errored ?? Object.assign(new Error('The body ended too early'), { code: 'ERR_STREAM_PREMATURE_CLOSE' }))
  }
}

function ignore (): void {}
