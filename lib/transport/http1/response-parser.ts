import { ProtocolError } from '../errors.ts'
import { INTERIM_LIMIT, type OutgoingRequest } from '../transport.ts'
import { ChunkDecoder } from './chunk-decoder.ts'
import { HeadParser, INCOMPLETE } from './head-parser.ts'
import { copy, type TakePart } from './read-buffer.ts'
import { frameResponse } from './response-framing.ts'

const IDLE = 0
const HEAD = 1
const BODY = 2
const CHUNKS = 3
const TRAILERS = 4
const STOPPED = 5

/** What decides how a response is read. */
export type ResponseContext = Pick<OutgoingRequest, 'method' | 'upgrade'>

/** The events of a response. What a listener throws is thrown by the parser. */
export interface ResponseListener {
  /** The head, or that of an interim response (below 200), which others follow. */
  onHead (statusCode: number, rawHeaders: string[], statusText: string): void
  /** @param chunk - a copy */
  onBody (chunk: Buffer): void
  /**
   * The response is complete.
   * @param rawTrailers - `null` when there are none
   */
  onEnd (rawTrailers: string[] | null): void
  /**
   * The protocol has been switched.
   * @param rest - what followed the head; a copy
   */
  onSwitch (rawHeaders: string[], rest: Buffer): void
}

/**
 * Parses the responses of a connection, one for each `begin`. Strict: what is ambiguous here could be understood in the
 * other way by the client. Keeps no reference to the bytes that it is given. Must not be used again after it has
 * thrown.
 * @see RFC 9112
 */
export class ResponseParser {
  /** How many milliseconds the connection may be kept after the response; 0 when it may not. Known with the head. */
  keepAlive = 0
  readonly #take: TakePart
  readonly #head = new HeadParser()
  readonly #chunks = new ChunkDecoder()
  #state = IDLE
  /** `null` while idle: an idle connection must keep no request alive. */
  #context: ResponseContext | null = null
  #listener: ResponseListener | null = null
  #remaining = 0
  #interimCount = 0

  /** @param take - makes a part of what has been read the listener's own */
  constructor (take: TakePart = copy) {
    this.#take = take
  }

  /** A response is expected from here on. */
  begin (context: ResponseContext, listener: ResponseListener): void {
    this.#context = context
    this.#listener = listener
    this.#interimCount = 0
    this.#expectHead()
  }

  /** Ignores whatever follows. */
  stop (): void {
    this.#state = STOPPED
  }

  /**
   * @param bytes - the data of chunks are moved within them
   * @param end - how many there are
   * @throws ProtocolError, also for bytes without a request
   */
  read (bytes: Buffer, end: number): void {
    let at = 0
    while (at < end && this.#state !== STOPPED) at = this.#step(bytes, at, end)
  }

  /**
   * The connection has ended in good order.
   * @returns whether that was the end of a response; else one is truncated, or none was expected
   */
  finish (): boolean {
    const isEnd = this.#state === BODY && this.#remaining === Infinity
    if (isEnd) this.#end(null)
    return isEnd
  }

  #step (bytes: Buffer, at: number, end: number): number {
    if (this.#state === HEAD) return this.#readHead(bytes, at, end)
    if (this.#state === BODY) return this.#readBody(bytes, at, end)
    if (this.#state === CHUNKS) return this.#readChunks(bytes, at, end)
    if (this.#state === TRAILERS) return this.#readTrailers(bytes, at, end)
    throw new ProtocolError('bytes that belong to no response')
  }

  #expectHead (): void {
    this.#state = HEAD
    this.#head.begin(true)
  }

  #readHead (bytes: Buffer, at: number, end: number): number {
    const next = this.#head.read(bytes, at, end)
    if (next === INCOMPLETE) return end
    const { statusCode } = this.#head
    if (statusCode === 101) return this.#switch(bytes, next, end)
    if (statusCode < 200) this.#passInterim()
    else this.#beginBody()
    return next
  }

  #switch (bytes: Buffer, at: number, end: number): number {
    if (this.#context!.upgrade === null) throw new ProtocolError('a switch of protocols without a request for it')
    this.#state = STOPPED
    this.#listener!.onSwitch(this.#head.fields, copy(bytes, at, end))
    return end
  }

  /** A 100 means nothing without an `Expect` (RFC 9110, 15.2). */
  #passInterim (): void {
    if (++this.#interimCount > INTERIM_LIMIT) throw new ProtocolError('too many interim responses')
    const { statusCode, fields, statusText } = this.#head
    this.#expectHead()
    if (statusCode !== 100) this.#listener!.onHead(statusCode, fields, statusText)
  }

  #beginBody (): void {
    const { statusCode, fields, statusText } = this.#head
    const isBodiless = this.#context!.method === 'HEAD' || statusCode === 204 || statusCode === 304
    const { length, isChunked, keepAlive } = frameResponse(this.#head, isBodiless)
    this.keepAlive = keepAlive
    this.#remaining = length
    this.#state = isChunked ? CHUNKS : BODY
    if (isChunked) this.#chunks.begin()
    this.#listener!.onHead(statusCode, fields, statusText)
    this.#endBody()
  }

  /** Does nothing if more is expected, or if the listener has stopped the parser. */
  #endBody (): void {
    if (this.#remaining === 0 && this.#state === BODY) this.#end(null)
  }

  #readBody (bytes: Buffer, at: number, end: number): number {
    const next = Math.min(end, at + this.#remaining)
    this.#remaining -= next - at
    this.#listener!.onBody(this.#take(bytes, at, next))
    this.#endBody()
    return next
  }

  #readChunks (bytes: Buffer, at: number, end: number): number {
    const next = this.#chunks.decode(bytes, at, end)
    const { dataEnd, isComplete } = this.#chunks
    if (isComplete) {
      this.#state = TRAILERS
      this.#head.begin(false)
    }
    if (dataEnd > at) this.#listener!.onBody(this.#take(bytes, at, dataEnd))
    return next
  }

  #readTrailers (bytes: Buffer, at: number, end: number): number {
    const next = this.#head.read(bytes, at, end)
    if (next === INCOMPLETE) return end
    const { fields } = this.#head
    this.#end(fields.length === 0 ? null : fields)
    return next
  }

  #end (rawTrailers: string[] | null): void {
    const listener = this.#listener!
    this.#state = IDLE
    this.#context = this.#listener = null
    listener.onEnd(rawTrailers)
  }
}
