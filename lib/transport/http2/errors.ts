import { type ClientHttp2Stream, constants } from 'node:http2'
import { ProtocolError, UnprocessedError } from '../transport.ts'

/** What a peer said when it took its leave: streams above the last one have not been acted on (RFC 9113, 6.8). */
export interface Goaway {
  code: number
  lastStreamID: number
}

/** What is known of a session when one of its streams breaks off. */
export interface SessionEnd {
  goaway: Goaway | null
  /** What the gateway ended it with, or what has been told of it. */
  error: Error | null
}

/** Of nghttp2, at bytes that are not HTTP/2. */
const BAD_FRAMES = 'ERR_HTTP2_ERROR'
const NO_COMMON_PROTOCOL = 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL'

/** The time is up: `code` is the kernel's own. */
export function timedOut (message: string): Error {
  return Object.assign(new Error(message), { code: 'ETIMEDOUT' })
}

/** Why a session was not opened. @param error - `null` when its other end closed it, or chose another protocol */
export function explainOpening (error: Error | null): Error {
  const code = codeOf(error)
  if (code === BAD_FRAMES) return new ProtocolError('It does not speak HTTP/2', { cause: error })
  if (code === NO_COMMON_PROTOCOL) return noAlpn(error)
  return error ?? new Error('It closed the connection without a word of HTTP/2')
}

/** It speaks TLS, and no HTTP/2 behind it. */
export function noAlpn (cause: unknown = null): Error {
  return new Error('It does not speak HTTP/2: TLS did not agree on "h2" (ALPN)', { cause })
}

/** Why a stream ended before its answer had. */
export function explainEnd ({ id, rstCode, errored }: Pick<ClientHttp2Stream, 'id' | 'rstCode' | 'errored'>, { goaway, error }: SessionEnd): Error {
  if (id === undefined) return new UnprocessedError('It was not sent: its connection takes no more streams', true)
  if (goaway !== null && id > goaway.lastStreamID) return new UnprocessedError('It was not acted on: its connection is being closed (GOAWAY)', goaway.code === constants.NGHTTP2_NO_ERROR)
  if (rstCode === constants.NGHTTP2_REFUSED_STREAM) return new UnprocessedError('It was not acted on: its stream was refused (REFUSED_STREAM)', false)
  const isBad = codeOf(errored) === BAD_FRAMES || rstCode === constants.NGHTTP2_PROTOCOL_ERROR
  if (isBad) return new ProtocolError('It sent what is not HTTP/2', { cause: errored })
  // node passes the error of a session to its streams before it tells it.
  return error ?? errored ?? new Error(`Its stream was closed before its answer ended (error code ${rstCode})`)
}

function codeOf (error: NodeJS.ErrnoException | null): string | undefined {
  return error?.code
}
