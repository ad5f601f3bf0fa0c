import { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { holdBody } from './hold.ts'
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

/**
 * The body of a request that may have to be sent again: kept whole up to `WHOLE_UPLOAD_LIMIT`, and sent when it is
 * complete; a longer one is streamed.
 * @param done - gets the body; one that breaks off before is a stream, too, which fails with the reason when it is read
 */
export function keepUpload (source: Readable, contentLength: string | undefined, done: (body: Buffer | Readable) => void): void {
  if (contentLength !== undefined && Number(contentLength) > WHOLE_UPLOAD_LIMIT) return done(new RequestBody(source))
  const stream = () => done(new RequestBody(source))
  holdBody(source, WHOLE_UPLOAD_LIMIT).then(({ bytes, isWhole }) => isWhole ? done(bytes) : stream(), stream)
}
