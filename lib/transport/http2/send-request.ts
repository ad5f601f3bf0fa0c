import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2'
import { Readable } from 'node:stream'
import { UnsendableError } from '../errors.ts'
import type { OutgoingRequest } from '../transport.ts'
import { joinRepeated, toFields, toRequestFields } from './fields.ts'
import { Upload, type UploadListener } from './upload.ts'

/**
 * Opens a stream with the head of a request.
 * @throws UnsendableError
 */
export function openStream (session: ClientHttp2Session, request: OutgoingRequest, scheme: string): ClientHttp2Stream {
  const hasTrailers = request.trailers !== null
  const options = { endStream: request.body === null && !hasTrailers, waitForTrailers: hasTrailers }
  try {
    return withoutRefusal(toRequestFields(request, scheme), fields => session.request(fields, options))
  } catch (cause) {
    throw new UnsendableError('It cannot be written as HTTP/2', { cause })
  }
}

/**
 * Sends the body and the trailers of a request whose stream is open.
 * @returns the upload, when the body is a stream
 */
export function sendBody (
  stream: ClientHttp2Stream,
  { body, trailers }: OutgoingRequest,
  listener: UploadListener
): Upload | undefined {
  if (trailers !== null) stream.once('wantTrailers', () => sendTrailers(stream, trailers, listener))
  if (body instanceof Readable) return new Upload(body, stream, listener)
  if (body !== null) stream.end(body, () => listener.onBodySent())
  else if (trailers !== null) stream.end()
}

function sendTrailers (stream: ClientHttp2Stream, trailers: () => readonly string[], listener: UploadListener): void {
  try {
    withoutRefusal(toFields(trailers()), fields => stream.sendTrailers(fields))
  } catch (cause) {
    listener.onUploadError(new UnsendableError('Its trailers cannot be written as HTTP/2', { cause }))
  }
}

/** Sends repeated fields as they are, or joined where node refuses them. */
function withoutRefusal<T> (fields: OutgoingHttpHeaders, send: (fields: OutgoingHttpHeaders) => T): T {
  try {
    return send(fields)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_HTTP2_HEADER_SINGLE_VALUE') throw error
    return send(joinRepeated(fields))
  }
}
