const LF = 0x0a
const CR = 0x0d
/** How many bytes tell whether a line is blank: the end of the one before, and its own of up to two. */
const TAIL_LENGTH = 3
/** Nothing has come yet, and there is no event: as it is behind blank lines. */
const BEGINNING = LF << 16 | LF << 8 | LF

/**
 * Knows where the events of a `text/event-stream` end, so that it can be cut there (WHATWG HTML, 9.2.6): behind a blank
 * line, whether lines end with LF, CR or CRLF. A CR counts at once, because parsers do not wait for the LF either; that
 * LF then still stands between events. A BOM at the beginning counts as a character of its line.
 */
export class EventBoundary {
  /** The last bytes of the stream, the newest lowest. */
  #tail = BEGINNING

  /** Nothing would be cut in two if the stream ended here. */
  get isBetweenEvents (): boolean {
    return isBlankLine(this.#tail)
  }

  /** Takes note of what is passed on. Reads its last three bytes only. */
  push (chunk: Buffer): void {
    for (let index = Math.max(0, chunk.length - TAIL_LENGTH); index < chunk.length; index++) {
      this.#tail = append(this.#tail, chunk[index]!)
    }
  }

  /**
   * Where a chunk that comes next, and has not been pushed, can be cut. Reads it up to there; changes nothing.
   * @returns the index just behind its first blank line, with the LF of a CRLF if that is in the chunk; -1 without one
   */
  endOfEvent (chunk: Buffer): number {
    let tail = this.#tail
    for (let index = 0; index < chunk.length; index++) {
      tail = append(tail, chunk[index]!)
      if (!isBlankLine(tail)) continue
      return chunk[index] === CR && chunk[index + 1] === LF ? index + 2 : index + 1
    }
    return -1
  }
}

function append (tail: number, byte: number): number {
  return (tail << 8 | byte) & 0xffffff
}

/** Whether these bytes end with the ends of two lines, of which the last is a blank one. */
function isBlankLine (tail: number): boolean {
  const last = tail & 0xff
  const before = tail >> 8 & 0xff
  if (last === LF && before === CR) return isLineEnd(tail >> 16)
  return isLineEnd(last) && isLineEnd(before)
}

function isLineEnd (byte: number): boolean {
  return byte === LF || byte === CR
}

/** Ends an event stream between two events, once that is requested. */
export class StreamEnding {
  readonly #boundary = new EventBoundary()
  #isEndRequested = false
  /** Nothing more of the stream is passed on. */
  isOver = false

  /** @returns whether it is over at once */
  requestEnd (): boolean {
    this.#isEndRequested = true
    this.isOver ||= this.#boundary.isBetweenEvents
    return this.isOver
  }

  /** @returns what of a chunk is passed on: all of it, or the rest of the last event */
  take (chunk: Buffer): Buffer {
    if (this.isOver) return chunk.subarray(0, 0)
    const end = this.#isEndRequested ? this.#boundary.endOfEvent(chunk) : -1
    this.isOver = end !== -1
    const part = this.isOver ? chunk.subarray(0, end) : chunk
    this.#boundary.push(part)
    return part
  }
}
