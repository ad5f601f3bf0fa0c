import { errors } from 'undici'
import {
  BadRequestError, BadUpstreamResponseError, ClientClosedError, type GatewayError, UpstreamTimeoutError,
  UpstreamUnreachableError
} from '../errors.ts'

// undici's codes for a response that is not HTTP, besides the parser's errors, which mostly have none; and that of our
// own transports.
const NOT_HTTP = new Set([
  'ERR_UPSTREAM_PROTOCOL', 'UND_ERR_HEADERS_OVERFLOW', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'UND_ERR_BAD_RESPONSE',
])
// A second response, or an unrequested switch of protocol; undici tells them from a closed socket by the message only.
const BAD_RESPONSE = /^bad (response|upgrade)$/
const UNSENDABLE = new Set(['ERR_UPSTREAM_UNSENDABLE', 'UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED'])
const TIMED_OUT = new Set(['UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT'])
// The client's upload ended before or after its content-length.
const BAD_UPLOAD = new Set(['UND_ERR_REQ_CONTENT_LENGTH_MISMATCH', 'UND_ERR_ABORTED', 'ERR_STREAM_PREMATURE_CLOSE'])

/**
 * The error with which an exchange fails before its response.
 * @param error - of undici, of lib/transport, of a socket, or already the gateway's own
 * @param app - the name that the message may show; an address never
 * @returns one of the gateway's errors, with the error as its `cause`
 */
export function toGatewayError (error: unknown, app: string): GatewayError {
  if (!(error instanceof Error)) return new UpstreamUnreachableError(app, { cause: error })
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (code.startsWith('GW_ERR_')) return error as GatewayError
  if (TIMED_OUT.has(code)) return new UpstreamTimeoutError(app, { cause: error })
  if (isBadResponse(error, code)) return new BadUpstreamResponseError(app, { cause: error })
  if (UNSENDABLE.has(code)) return new BadRequestError('it cannot be forwarded', { cause: error })
  if (BAD_UPLOAD.has(code)) return new ClientClosedError({ cause: error })
  return new UpstreamUnreachableError(app, { cause: error })
}

function isBadResponse (error: Error, code: string): boolean {
  return error instanceof errors.HTTPParserError || NOT_HTTP.has(code) || BAD_RESPONSE.test(error.message)
}
