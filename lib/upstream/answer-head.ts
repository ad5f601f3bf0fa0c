import { BadUpstreamResponseError } from '../errors.ts'
import type { RawText } from '../headers/raw-text.ts'
import { type AnswerHead, hasUnknownCoding, readResponseHeaders } from '../headers/response.ts'

/**
 * The head of an answer, as the parser gives it.
 * @param rawHeaders - names and values in turn
 * @param app - the name that an error may show
 * @returns `undefined` for an interim answer, which is passed over
 * @throws GW_ERR_BAD_UPSTREAM_RESPONSE for what is no answer to the request that was sent
 */
export function readAnswerHead (statusCode: number, rawHeaders: readonly RawText[], statusText: string, app: string): AnswerHead | undefined {
  // Three digits are all that the parser asks for. Nobody asked for a switch of protocols.
  if (statusCode < 100 || statusCode === 101 || statusCode > 599) throw new BadUpstreamResponseError(app)
  if (statusCode < 200) return undefined
  if (hasUnknownCoding(rawHeaders)) throw new BadUpstreamResponseError(app)
  const headers = readResponseHeaders(rawHeaders)
  // RFC 9110, 8.6: not beside a status that says that there is no content.
  if (statusCode === 204) delete headers['content-length']
  return { statusCode, statusText, headers }
}
