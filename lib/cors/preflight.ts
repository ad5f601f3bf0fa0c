import type { IncomingHttpHeaders } from 'node:http'

/**
 * Whether a browser asks if it may send the real request. An OPTIONS without one of the headers is a request of its own.
 * @see WHATWG Fetch, 4.8
 */
export function isPreflight (method: string | undefined, headers: IncomingHttpHeaders): boolean {
  return method === 'OPTIONS' && Boolean(headers.origin) && Boolean(headers['access-control-request-method'])
}
