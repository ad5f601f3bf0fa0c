import { Readable } from 'node:stream'
import { BadRequestError, ClientClosedError } from '../errors.ts'

/**
 * A client's upload on its way to an upstream, with back-pressure. It stands between the two because they end
 * differently: an upstream that answers early (413) destroys what it was being sent, and destroying node's own
 * `IncomingMessage` would cut the client off before it sees that answer. Destroying this one lets the rest of the
 * upload run into the void.
 */
export class RequestBody extends Readable {
  readonly #source: Readable
  #isAttached = false
  /** The upstream could take more, but the client has not sent it. */
  isStarved = false
  /** Bytes that have come from the client. */
  received = 0

  constructor (source: Readable) {
    super()
    this.#source = source
    // undici listens only while it writes; what breaks off before or after that must not end the process.
    this.on('error', ignore)
  }

  /** Nothing has been read of it: it is as good as new. */
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
    // Over before anybody asked for it: none of its events will come.
    if (this.#source.readableEnded) return this.#onEnd()
    if (this.#source.destroyed) return this.#onClose(this.#source.errored ?? undefined)
    this.#source.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose).on('error', this.#onClose)
  }

  override _destroy (error: Error | null, callback: (error?: Error | null) => void): void {
    this.#source.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose).off('error', this.#onClose)
    this.#source.on('error', ignore).resume()
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
    if (!this.readableEnded && !this.#source.readableEnded) this.destroy(describeBreak(cause))
  }
}

/** The client went away, or a stream that a hook put between failed. Neither is the upstream's fault. */
function describeBreak (cause: NodeJS.ErrnoException | undefined): Error {
  if (cause === undefined || cause.code === 'ECONNRESET') return new ClientClosedError({ cause })
  return new BadRequestError('its body cannot be read', { cause })
}

function ignore (): void {}
