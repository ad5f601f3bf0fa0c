import type { Duplex } from 'node:stream'
import type { FrameScanner } from './websocket-frames.ts'

/** The events of a flow. */
export interface FlowListener {
  /** Bytes have come. */
  onData (): void
  /** The source has ended, and everything of it has been written. */
  onEnd (): void
  /** The inserted close frame has been written, or the source's own has come after it. */
  onClosing (): void
}

/**
 * One direction of a tunnel: passes on the bytes of the source to the destination, unchanged, with back-pressure. The
 * end of the source ends the destination.
 */
export class Flow {
  readonly #source: Duplex
  readonly #destination: Duplex
  /** Of a WebSocket; `null` for an unknown protocol. */
  readonly #frames: FrameScanner | null
  readonly #listener: FlowListener
  /** To be written after the current frame. */
  #closeFrame: Buffer | null = null
  /** The close frame has been written: nothing may follow it. */
  hasSentClose = false

  constructor (source: Duplex, destination: Duplex, frames: FrameScanner | null, listener: FlowListener) {
    this.#source = source
    this.#destination = destination
    this.#frames = frames
    this.#listener = listener
  }

  start (): void {
    this.#source.on('data', this.#onData).on('end', this.#onEnd)
    this.#destination.on('drain', this.#onDrain)
    // Until now it may have been paused, or read by `read()`.
    this.#source.resume()
  }

  /** The source has sent a close frame: the closing handshake is under way. */
  get isClosing (): boolean {
    return this.#frames?.isClosed === true
  }

  /**
   * Inserts a close frame, now or at the end of the current frame, and discards what follows. Only for a WebSocket.
   * @param frame - a close frame
   */
  insertCloseFrame (frame: Buffer): void {
    this.#closeFrame = frame
    if (this.#frames!.isBetweenFrames) this.#writeCloseFrame()
  }

  readonly #onData = (chunk: Buffer) => {
    this.#listener.onData()
    if (this.hasSentClose) return this.#discard(chunk)
    if (this.#closeFrame === null) {
      this.#frames?.push(chunk)
      return this.#write(chunk)
    }
    const end = this.#frames!.pushFrame(chunk)
    if (end === -1) return this.#write(chunk)
    this.#write(chunk.subarray(0, end))
    this.#writeCloseFrame()
    this.#discard(chunk.subarray(end))
  }

  #write (bytes: Buffer): void {
    if (!this.#destination.write(bytes)) this.#source.pause()
  }

  /** After the inserted close frame only the source's own matters. */
  #discard (bytes: Buffer): void {
    this.#frames!.push(bytes)
    if (this.isClosing) this.#listener.onClosing()
  }

  #writeCloseFrame (): void {
    this.hasSentClose = true
    if (!this.isClosing && !this.#destination.writableEnded) this.#destination.write(this.#closeFrame)
    this.#listener.onClosing()
  }

  readonly #onEnd = () => {
    this.#destination.end(() => this.#listener.onEnd())
  }

  readonly #onDrain = () => { this.#source.resume() }
}
