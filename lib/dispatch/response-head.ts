import { BadUpstreamResponseError } from '../errors.ts'
import { decode, hasUnknownCoding, type RawText, readResponseHeaders, type ResponseHead } from '../headers/response.ts'

/**
 * The head of a response, as the parser gives it.
 * @param rawHeaders - names and values in turn
 * @param app - the name that an error may show
 * @returns of an interim response when the status is below 200
 * @throws GW_ERR_BAD_UPSTREAM_RESPONSE for what is no response to the request that was sent
 */
export function readResponseHead (
  statusCode: number,
  rawHeaders: readonly RawText[],
  statusText: string,
  app: string
): ResponseHead {
  // The parser takes any three digits. A switch of protocols was not requested.
  if (statusCode < 100 || statusCode === 101 || statusCode > 599) throw new BadUpstreamResponseError(app)
  if (hasUnknownCoding(rawHeaders)) throw new BadUpstreamResponseError(app)
  const headers = readResponseHeaders(rawHeaders)
  // RFC 9110, 8.6: not beside a status that says that there is no content.
  if (statusCode === 204) delete headers['content-length']
  const { trailer } = headers
  if (trailer !== undefined) delete headers.trailer
  return { statusCode, statusText, headers, trailer }
}

/** The head of a response that switches to another protocol. */
export interface SwitchHead extends ResponseHead {
  /** Its `Upgrade`. */
  protocol: string
}

/**
 * @param requested - the protocols of the request, with commas
 * @returns `undefined` for a response that switches to none of them (RFC 9110, 7.8)
 */
export function readSwitchHead (
  statusCode: number,
  rawHeaders: readonly RawText[],
  requested: string | null
): SwitchHead | undefined {
  const protocols = valuesOf(rawHeaders, 'upgrade')
  const [protocol] = protocols
  if (statusCode !== 101 || protocol === undefined || protocols.length > 1) return undefined
  if (requested === null || !splitList(requested).includes(protocol.toLowerCase())) return undefined
  const headers = readResponseHeaders(rawHeaders)
  delete headers['content-length']
  delete headers.trailer
  return { statusCode, statusText: '', headers, trailer: undefined, protocol }
}

function valuesOf (rawHeaders: readonly RawText[], name: string): string[] {
  return rawHeaders.flatMap((text, index) =>
    index % 2 === 1 && decode(rawHeaders[index - 1]!).toLowerCase() === name ? decode(text) : []
  )
}

function splitList (list: string): string[] {
  return list.toLowerCase().split(',').map(entry => entry.trim())
}
