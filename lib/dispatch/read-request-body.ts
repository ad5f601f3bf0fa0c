import { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import type { Location } from '../location/types.ts'
import { holdBody } from '../upstream/hold.ts'
import { RequestBody } from './request-body.ts'

/** Largest body that is handed on in one piece. */
export const WHOLE_UPLOAD_LIMIT = 64 * 1024

/**
 * The body of a request, for an upstream: in one piece when it is small and already here, which costs far less, and
 * else as a stream.
 * @param source - the client's request, of which nothing has been read, or a stream made of it
 * @param contentLength - the header; `undefined` when the body is chunked
 * @param done - gets the body: at once, or when what the same read brought of it has been parsed
 */
export function takeUpload (source: Readable, contentLength: string | undefined, done: (body: Buffer | Readable) => void): void {
  const length = contentLength === undefined ? Infinity : Number(contentLength)
  if (length > WHOLE_UPLOAD_LIMIT || !(source instanceof IncomingMessage)) return done(new RequestBody(source))
  if (source.complete) return done(readWhole(source, length))
  // node runs it between the bytes and the end of the message, so that `complete` is not set then.
  process.nextTick(() => done(readWhole(source, length)))
}

function readWhole (source: IncomingMessage, length: number): Buffer | Readable {
  return source.readableLength === length ? source.read() as Buffer : new RequestBody(source)
}

/** Hands on the body of a request with a method. */
export type UploadReader = (source: Readable, method: string, contentLength: string | undefined, done: (body: Buffer | Readable) => void) => void

/** Makes what reads the uploads of a location: those that may have to be sent again are kept, the others are streamed. */
export function createUploadReader ({ fastapiRedirect, retry }: Pick<Location, 'fastapiRedirect' | 'retry'>): UploadReader {
  const followed = fastapiRedirect ? WHOLE_UPLOAD_LIMIT : 0
  const repeatable = new Set(retry?.methods)
  const repeated = retry === null || retry.attempts === 0 ? 0 : retry.maxBodyBytes
  return function readUpload (source, method, contentLength, done) {
    const limit = repeatable.has(method) ? Math.max(followed, repeated) : followed
    if (limit === 0) takeUpload(source, contentLength, done)
    else keepUpload(source, contentLength, limit, done)
  }
}

/**
 * The body of a request that may have to be sent again: kept whole up to a limit, and sent when it is complete; a longer
 * one is streamed.
 * @param limit - in bytes
 * @param done - gets the body; one that breaks off before is a stream, too, which fails with the reason when it is read
 */
export function keepUpload (source: Readable, contentLength: string | undefined, limit: number, done: (body: Buffer | Readable) => void): void {
  if (contentLength !== undefined && Number(contentLength) > limit) return done(new RequestBody(source))
  const stream = () => done(new RequestBody(source))
  holdBody(source, limit).then(({ bytes, isWhole }) => isWhole ? done(bytes) : stream(), stream)
}
