import type { Duplex } from 'node:stream'
import type { FrameBoundary } from './websocket-frames.ts'

/** What a flow tells its tunnel. */
export interface FlowListener {
  /** Bytes have come. */
  moved (): void
  /** Its source has ended, and everything of it has been written. */
  drained (): void
  /** It is over, or its source has said farewell, too. */
  parted (): void
}

/**
 * One direction of a tunnel: what one socket brings is written to the other, as it is, no faster than that takes it. The end
 * of the one is the end of the other.
 */
export class Flow {
  readonly #source: Duplex
  readonly #destination: Duplex
  /** Of a WebSocket; `null` for bytes of which nothing is known. */
  readonly #frames: FrameBoundary | null
  readonly #listener: FlowListener
  #farewell: Buffer | null = null
  /** The farewell has been written: nothing comes behind it. */
  isOver = false

  constructor (source: Duplex, destination: Duplex, frames: FrameBoundary | null, listener: FlowListener) {
    this.#source = source
    this.#destination = destination
    this.#frames = frames
    this.#listener = listener
  }

  start (): void {
    this.#source.on('data', this.#pass).on('end', this.#end)
    this.#destination.on('drain', this.#goOn)
    // It may have been paused, or read by pieces, until now.
    this.#source.resume()
  }

  /** One end has said that it closes; the rest is between the two. */
  get isClosing (): boolean {
    return this.#frames?.isClosed === true
  }

  /**
   * Writes a last frame, now or as soon as it is between two, and then nothing more. For a WebSocket.
   * @param frame - a close frame
   */
  sayFarewell (frame: Buffer): void {
    this.#farewell = frame
    if (this.#frames!.isBetweenFrames) this.#finish()
  }

  readonly #pass = (chunk: Buffer) => {
    this.#listener.moved()
    if (this.isOver) return this.#ignore(chunk)
    if (this.#farewell === null) {
      this.#frames?.push(chunk)
      return this.#write(chunk)
    }
    const end = this.#frames!.pushFrame(chunk)
    if (end === -1) return this.#write(chunk)
    this.#write(chunk.subarray(0, end))
    this.#finish()
    this.#ignore(chunk.subarray(end))
  }

  #write (bytes: Buffer): void {
    if (!this.#destination.write(bytes)) this.#source.pause()
  }

  /** Of what comes behind the farewell only the other end's own is of interest. */
  #ignore (bytes: Buffer): void {
    this.#frames!.push(bytes)
    if (this.isClosing) this.#listener.parted()
  }

  #finish (): void {
    this.isOver = true
    if (!this.isClosing && !this.#destination.writableEnded) this.#destination.write(this.#farewell)
    this.#listener.parted()
  }

  readonly #end = () => {
    this.#destination.end(() => this.#listener.drained())
  }

  readonly #goOn = () => { this.#source.resume() }
}
