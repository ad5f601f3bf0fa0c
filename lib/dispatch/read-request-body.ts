import { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import type { Location } from '../location.ts'
import { readLimited } from './read-limited.ts'
import { RequestBody } from './request-body.ts'

/** Largest body, in bytes, that is passed on in one piece. */
export const SMALL_BODY_LIMIT = 64 * 1024

type OnBody = (body: Buffer | Readable) => void

/**
 * Reads the body of a request for an upstream.
 * @param source - the client's request, of which nothing has been read, or a stream made of it
 * @param contentLength - the header; `undefined` when the body is chunked
 */
export type BodyReader = (source: Readable, method: string, contentLength: string | undefined, onBody: OnBody) => void

/** Creates the reader of a location: bodies that may have to be sent again are buffered, others are streamed. */
export function createBodyReader ({ fastapiRedirect, retry }: Pick<Location, 'fastapiRedirect' | 'retry'>): BodyReader {
  const redirectLimit = fastapiRedirect ? SMALL_BODY_LIMIT : 0
  const retryMethods = new Set(retry?.methods)
  const retryLimit = retry === null || retry.attempts === 0 ? 0 : retry.maxBodyBytes
  return function readRequestBody (source, method, contentLength, onBody) {
    const limit = retryMethods.has(method) ? Math.max(redirectLimit, retryLimit) : redirectLimit
    if (limit === 0) readSmallBody(source, contentLength, onBody)
    else bufferBody(source, contentLength, limit, onBody)
  }
}

/**
 * The body in one piece when it is small and already here, which costs far less, and else as a stream.
 * @param onBody - called at once, or when the rest of the same read has been parsed
 */
export function readSmallBody (source: Readable, contentLength: string | undefined, onBody: OnBody): void {
  const length = contentLength === undefined ? Infinity : Number(contentLength)
  if (length > SMALL_BODY_LIMIT || !(source instanceof IncomingMessage)) return onBody(new RequestBody(source))
  if (source.complete) return onBody(readAvailable(source, length))
  // node runs it between the bytes and the end of the message, so that `complete` is not set then.
  process.nextTick(() => onBody(readAvailable(source, length)))
}

function readAvailable (source: IncomingMessage, length: number): Buffer | Readable {
  return source.readableLength === length ? source.read() as Buffer : new RequestBody(source)
}

/**
 * The body buffered up to a limit, and passed on when it is complete; a longer one is streamed.
 * @param limit - in bytes
 * @param onBody - gets a stream also when the body breaks off before; that stream fails with the reason when it is read
 */
export function bufferBody (
  source: Readable, contentLength: string | undefined, limit: number, onBody: OnBody
): void {
  if (contentLength !== undefined && Number(contentLength) > limit) return onBody(new RequestBody(source))
  const stream = () => onBody(new RequestBody(source))
  readLimited(source, limit).then(({ bytes, isWhole }) => isWhole ? onBody(bytes) : stream(), stream)
}
