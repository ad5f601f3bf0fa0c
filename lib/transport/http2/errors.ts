import { type ClientHttp2Stream, constants } from 'node:http2'
import { ProtocolError, UnprocessedError } from '../errors.ts'

/** A GOAWAY frame: streams above the last one have not been acted on (RFC 9113, 6.8). */
export interface Goaway {
  code: number
  lastStreamID: number
}

/** What is known of a session when one of its streams fails. */
export interface SessionFailure {
  goaway: Goaway | null
  /** The error that the session was destroyed with, by the gateway or by node. */
  error: Error | null
}

/** The code of nghttp2 for bytes that are not HTTP/2. */
const BAD_FRAMES = 'ERR_HTTP2_ERROR'
const NO_COMMON_PROTOCOL = 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL'

/** A timeout of the gateway, with the kernel's own code. */
export function timedOut (message: string): Error {
  return Object.assign(new Error(message), { code: 'ETIMEDOUT' })
}

/**
 * Why a session was not opened.
 * @param error - `null` when the peer closed the connection, or chose another protocol
 */
export function explainConnectFailure (error: Error | null): Error {
  const code = codeOf(error)
  if (code === BAD_FRAMES) return new ProtocolError('It does not speak HTTP/2', { cause: error })
  if (code === NO_COMMON_PROTOCOL) return noAlpn(error)
  return error ?? new Error('It closed the connection without a word of HTTP/2')
}

/** The peer speaks TLS, but not HTTP/2 over it. */
export function noAlpn (cause: unknown = null): Error {
  return new Error('It does not speak HTTP/2: TLS did not agree on "h2" (ALPN)', { cause })
}

/** Why a stream ended before its response had. */
export function explainStreamFailure (
  { id, rstCode, errored }: Pick<ClientHttp2Stream, 'id' | 'rstCode' | 'errored'>,
  { goaway, error }: SessionFailure
): Error {
  if (id === undefined) return new UnprocessedError('It was not sent: its connection takes no more streams', true)
  if (goaway !== null && id > goaway.lastStreamID) {
    const isGraceful = goaway.code === constants.NGHTTP2_NO_ERROR
    return new UnprocessedError('It was not acted on: its connection is being closed (GOAWAY)', isGraceful)
  }
  if (rstCode === constants.NGHTTP2_REFUSED_STREAM) {
    return new UnprocessedError('It was not acted on: its stream was refused (REFUSED_STREAM)', false)
  }
  const isInvalid = codeOf(errored) === BAD_FRAMES || rstCode === constants.NGHTTP2_PROTOCOL_ERROR
  if (isInvalid) return new ProtocolError('It sent what is not HTTP/2', { cause: errored })
  // node passes the error of a session to its streams before it emits it on the session.
  return error ?? errored ?? new Error(`Its stream was closed before its response ended (error code ${rstCode})`)
}

function codeOf (error: NodeJS.ErrnoException | null): string | undefined {
  return error?.code
}
