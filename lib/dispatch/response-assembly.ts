import { type BodySource, ResponseBody } from '../downstream/response-body.ts'
import { EventStreamBody } from '../event-stream/event-stream-body.ts'
import { isEventStream } from '../event-stream/response-head.ts'
import { isMediaType } from '../headers/media-type.ts'
import type { ResponseHead, HeaderRecord } from '../headers/response.ts'
import { StreamEnding } from '../event-stream/event-boundary.ts'

/** The head of a response, and its body: nothing, all of it at once, or a stream. */
export interface UpstreamResponse extends ResponseHead {
  /** It has no end of its own. */
  isEventStream: boolean
  body: Buffer | ResponseBody | null
}

/** Largest body that is handed on in one piece. */
const WHOLE_BODY_LIMIT = 64 * 1024
const WITHOUT_BODY = new Set([204, 304])

/**
 * A response from its head on. Its body is buffered until it is handed on, which is done when the read that brought the
 * head has been parsed, and from then on passed through. So a small response that came in one read is handed on whole,
 * and everything else as a stream.
 */
export class ResponseAssembly {
  readonly head: ResponseHead
  /** It is an event stream, which has no end of its own. */
  readonly isStream: boolean
  /** It has no body, whatever its head says (RFC 9112, 6.3). */
  readonly isBodiless: boolean
  isComplete = false
  readonly #source: BodySource
  /** Of an event stream whose events can be seen. */
  readonly #ending: StreamEnding | null
  // Until it is handed on its chunks wait here: those of one read.
  #chunks: Buffer[] = []
  #length = 0
  #body: ResponseBody | undefined
  #trailers: HeaderRecord | null = null

  /** @param method - of the request */
  constructor (head: ResponseHead, method: string, source: BodySource) {
    this.head = head
    this.#source = source
    this.isStream = isEventStream(head.headers)
    this.isBodiless = method === 'HEAD' || WITHOUT_BODY.has(head.statusCode)
    this.#ending = this.isStream && head.headers['content-encoding'] === undefined ? new StreamEnding() : null
  }

  /** An event stream that is to end has come between two events: nothing more of it is wanted. */
  get isOver (): boolean {
    return this.#ending?.isOver === true
  }

  /** Ends an event stream, now or between its next two events. @returns whether it is over at once */
  requestEnd (): boolean {
    return this.#ending?.requestEnd() === true
  }

  /** @returns whether its reader takes more */
  push (chunk: Buffer): boolean {
    const part = this.#ending?.take(chunk) ?? chunk
    if (this.#body !== undefined) return this.#body.push(part)
    this.#chunks.push(part)
    this.#length += part.length
    return true
  }

  /** Everything has come. */
  complete (trailers: HeaderRecord | null): void {
    this.isComplete = true
    this.#trailers = trailers
    this.#finishBody()
  }

  /** Nothing more will come. @returns whether it has a reader, which is notified */
  breakOff (toError: () => Error): boolean {
    this.#body?.destroy(toError())
    return this.#body !== undefined
  }

  /** To be called once. */
  handOn (): UpstreamResponse {
    const { statusCode, statusText, headers, trailer } = this.head
    return { statusCode, statusText, headers, trailer, isEventStream: this.isStream, body: this.#takeBody() }
  }

  #takeBody (): UpstreamResponse['body'] {
    if (this.isBodiless) return null
    if (this.#isWhole()) return this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks)
    this.#body = this.isStream ? new EventStreamBody(this.#source) : new ResponseBody(this.#source)
    for (const chunk of this.#chunks) this.#body.push(chunk)
    this.#body.isEmpty = this.isComplete && this.#length === 0 && this.#trailers === null
    if (this.isComplete) this.#finishBody()
    this.#chunks = []
    return this.#body
  }

  #finishBody (): void {
    if (this.#body === undefined) return
    this.#body.trailers = this.#trailers
    this.#body.push(null)
  }

  /**
   * An event stream is one to its end, and trailers need something that they can come behind. Without a proper content
   * type, too: Fastify would give a Buffer one.
   */
  #isWhole (): boolean {
    const { 'content-length': length, 'content-type': type } = this.head.headers
    return (
      this.isComplete &&
      !this.isStream &&
      this.#trailers === null &&
      this.#length <= WHOLE_BODY_LIMIT &&
      length !== undefined &&
      typeof type === 'string' &&
      isMediaType(type)
    )
  }
}
