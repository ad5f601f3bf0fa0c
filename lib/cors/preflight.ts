import type { IncomingHttpHeaders } from 'node:http'

/**
 * Whether a request is a CORS preflight of a browser. An OPTIONS without one of the headers is an ordinary request.
 * @see WHATWG Fetch, 4.8
 */
export function isPreflight (method: string | undefined, headers: IncomingHttpHeaders): boolean {
  return method === 'OPTIONS' && Boolean(headers.origin) && Boolean(headers['access-control-request-method'])
}
