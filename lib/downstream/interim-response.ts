import type { ServerResponse } from 'node:http'
import { Http2ServerResponse } from 'node:http2'
import { isGone } from './http-version.ts'
import type { HeaderRecord } from '../headers/response.ts'

/**
 * Passes an interim response on: 103 with its hints, 102 without anything. An HTTP/1.0 client does not know what it
 * would be (RFC 9110, 15.2), and behind the head of the final response it is too late for one.
 */
export function writeInterim (
  response: ServerResponse | Http2ServerResponse,
  statusCode: number,
  headers: HeaderRecord
): void {
  if (response.headersSent || isGone(response) || response.req.httpVersion === '1.0') return
  if (statusCode === 103) writeHints(response, headers)
  else if (statusCode === 102) writeProcessing(response)
}

function writeHints (response: ServerResponse | Http2ServerResponse, headers: HeaderRecord): void {
  try {
    response.writeEarlyHints({ ...headers, link: [headers.link ?? []].flat().flatMap(splitLinks) })
  } catch {
    // node is stricter than the upstream about links, and without them hints are not worth much.
  }
}

function writeProcessing (response: ServerResponse | Http2ServerResponse): void {
  if (response instanceof Http2ServerResponse) response.stream.additionalHeaders({ ':status': 102 })
  else response.writeProcessing()
}

/** One line may hold several links; commas within `<>` and quotes are theirs (RFC 8288, 3). */
function splitLinks (line: string): string[] {
  return line.match(/(?:<[^>]*>|"(?:[^"\\]|\\.)*"|[^,<"])+/g)?.map(link => link.trim()) ?? []
}
