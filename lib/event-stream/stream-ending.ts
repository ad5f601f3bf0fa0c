import { EventBoundary } from './event-boundary.ts'

/** Ends an event stream between two events, once that is asked for. */
export class StreamEnding {
  readonly #boundary = new EventBoundary()
  #isAsked = false
  /** Nothing more of the stream is passed on. */
  isOver = false

  /** @returns whether it is over at once */
  ask (): boolean {
    this.#isAsked = true
    this.isOver ||= this.#boundary.isBetweenEvents
    return this.isOver
  }

  /** @returns what of a chunk is passed on: all of it, or the rest of the last event */
  take (chunk: Buffer): Buffer {
    if (this.isOver) return chunk.subarray(0, 0)
    const end = this.#isAsked ? this.#boundary.endOfEvent(chunk) : -1
    this.isOver = end !== -1
    const part = this.isOver ? chunk.subarray(0, end) : chunk
    this.#boundary.push(part)
    return part
  }
}
