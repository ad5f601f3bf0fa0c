import { Readable } from 'node:stream'
import { BadRequestError, ClientClosedError } from '../errors.ts'
import { ignore } from '../ignore.ts'

/**
 * A client's upload on its way to an upstream, with back-pressure. A stream of its own, because the two sides end
 * differently: an early response (413) destroys the body that was being sent, and destroying node's own
 * `IncomingMessage` would cut the client off before it sees that response. Destroying this one drains the rest of the
 * upload.
 */
export class RequestBody extends Readable {
  readonly #source: Readable
  #isAttached = false
  /** The upstream could take more, but the client has not sent it. */
  isStarved = false
  /** Bytes received from the client. */
  received = 0

  constructor (source: Readable) {
    super()
    this.#source = source
    // undici listens only while it writes; an error before or after that must not end the process.
    this.on('error', ignore)
  }

  /** Nothing has been read of it: it can still be sent to another upstream. */
  get isUntouched (): boolean {
    return !this.#isAttached && !this.destroyed
  }

  override _read (): void {
    this.isStarved = true
    if (this.#isAttached) {
      this.#source.resume()
      return
    }
    this.#isAttached = true
    // Already ended: no more events will fire.
    if (this.#source.readableEnded) return this.#onEnd()
    if (this.#source.destroyed) return this.#onClose(this.#source.errored ?? undefined)
    this.#source.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose).on('error', this.#onClose)
  }

  override _destroy (error: Error | null, callback: (error?: Error | null) => void): void {
    const source = this.#source
    source.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose).off('error', this.#onClose)
    source.on('error', ignore).resume()
    callback(error)
  }

  readonly #onData = (chunk: Buffer) => {
    this.isStarved = false
    this.received += chunk.length
    if (!this.push(chunk)) this.#source.pause()
  }

  readonly #onEnd = () => {
    this.isStarved = false
    this.push(null)
  }

  readonly #onClose = (cause?: NodeJS.ErrnoException) => {
    if (!this.readableEnded && !this.#source.readableEnded) this.destroy(toUploadError(cause))
  }
}

/** The client left, or a stream that a hook put in between failed. Neither is the upstream's fault. */
function toUploadError (cause: NodeJS.ErrnoException | undefined): Error {
  if (cause === undefined || cause.code === 'ECONNRESET') return new ClientClosedError({ cause })
  return new BadRequestError('its body cannot be read', { cause })
}
