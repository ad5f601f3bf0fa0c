import { INTERIM_LIMIT, ProtocolError } from '../transport.ts'
import { ChunkDecoder } from './chunk-decoder.ts'
import { frame } from './response-framing.ts'
import { copy, type TakePart } from './read-buffer.ts'
import type { Question, ResponseListener } from './response-listener.ts'
import { MORE, Section } from './head-parser.ts'

const IDLE = 0
const HEAD = 1
const BODY = 2
const CHUNKS = 3
const TRAILERS = 4
const STOPPED = 5

/**
 * Reads the answers of a connection, one for each `begin`. Strict, because what it lets through in two meanings is read in
 * the other one by somebody else. Keeps no reference to what it is given. One that has thrown must not be used again.
 * @see RFC 9112
 */
export class ResponseParser {
  /** How many milliseconds the connection may be kept behind the answer; 0 when it may not. Known with its head. */
  keepAlive = 0
  readonly #listener: ResponseListener
  readonly #take: TakePart
  readonly #section = new Section()
  readonly #chunks = new ChunkDecoder()
  #state = IDLE
  #question: Question = { method: '', upgrade: null }
  #left = 0
  #interims = 0

  /** @param take - makes a part of what has been read the listener's own */
  constructor (listener: ResponseListener, take: TakePart = copy) {
    this.#listener = listener
    this.#take = take
  }

  /** An answer is awaited from here on. */
  begin (question: Question): void {
    this.#question = question
    this.#interims = 0
    this.#awaitHead()
  }

  /** Takes no notice of what is left. */
  stop (): void {
    this.#state = STOPPED
  }

  /**
   * @param bytes - of which the data of chunks are moved
   * @param end - how many there are
   * @throws ProtocolError, also for bytes that nobody has asked for
   */
  read (bytes: Buffer, end: number): void {
    let at = 0
    while (at < end && this.#state !== STOPPED) at = this.#step(bytes, at, end)
  }

  /** The connection has ended in order. @returns whether that was the end of an answer, too; else it is cut off, or none is under way */
  finish (): boolean {
    const isEnd = this.#state === BODY && this.#left === Infinity
    if (isEnd) this.#end(null)
    return isEnd
  }

  #step (bytes: Buffer, at: number, end: number): number {
    if (this.#state === HEAD) return this.#readHead(bytes, at, end)
    if (this.#state === BODY) return this.#readBody(bytes, at, end)
    if (this.#state === CHUNKS) return this.#readChunks(bytes, at, end)
    if (this.#state === TRAILERS) return this.#readTrailers(bytes, at, end)
    throw new ProtocolError('bytes that belong to no answer')
  }

  #awaitHead (): void {
    this.#state = HEAD
    this.#section.begin(true)
  }

  #readHead (bytes: Buffer, at: number, end: number): number {
    const next = this.#section.read(bytes, at, end)
    if (next === MORE) return end
    const { statusCode } = this.#section
    if (statusCode === 101) return this.#switch(bytes, next, end)
    if (statusCode < 200) this.#passInterim()
    else this.#beginBody()
    return next
  }

  #switch (bytes: Buffer, at: number, end: number): number {
    if (this.#question.upgrade === null) throw new ProtocolError('a switch of protocols that nobody asked for')
    this.#state = STOPPED
    this.#listener.switched(this.#section.fields, copy(bytes, at, end))
    return end
  }

  /** 100 says nothing to who has not asked for it (RFC 9110, 15.2). */
  #passInterim (): void {
    if (++this.#interims > INTERIM_LIMIT) throw new ProtocolError('too many interim answers')
    const { statusCode, fields, statusText } = this.#section
    this.#awaitHead()
    if (statusCode !== 100) this.#listener.head(statusCode, fields, statusText)
  }

  #beginBody (): void {
    const { statusCode, fields, statusText } = this.#section
    const { length, isChunked, keepAlive } = frame(this.#section, this.#question.method === 'HEAD' || statusCode === 204 || statusCode === 304)
    this.keepAlive = keepAlive
    this.#left = length
    this.#state = isChunked ? CHUNKS : BODY
    if (isChunked) this.#chunks.begin()
    this.#listener.head(statusCode, fields, statusText)
    this.#endBody()
  }

  /** Unless it has more, or the listener has stopped it. */
  #endBody (): void {
    if (this.#left === 0 && this.#state === BODY) this.#end(null)
  }

  #readBody (bytes: Buffer, at: number, end: number): number {
    const next = Math.min(end, at + this.#left)
    this.#left -= next - at
    this.#listener.body(this.#take(bytes, at, next))
    this.#endBody()
    return next
  }

  #readChunks (bytes: Buffer, at: number, end: number): number {
    const next = this.#chunks.decode(bytes, at, end)
    const { dataEnd, isOver } = this.#chunks
    if (isOver) {
      this.#state = TRAILERS
      this.#section.begin(false)
    }
    if (dataEnd > at) this.#listener.body(this.#take(bytes, at, dataEnd))
    return next
  }

  #readTrailers (bytes: Buffer, at: number, end: number): number {
    const next = this.#section.read(bytes, at, end)
    if (next === MORE) return end
    const { fields } = this.#section
    this.#end(fields.length === 0 ? null : fields)
    return next
  }

  #end (rawTrailers: string[] | null): void {
    this.#state = IDLE
    this.#listener.end(rawTrailers)
  }
}
