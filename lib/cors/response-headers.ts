import type { IncomingHttpHeaders } from 'node:http'
import { isOriginAllowed } from './allowed-host.ts'
import type { CorsPolicy } from './policy.ts'

/**
 * Whether a request is a CORS preflight of a browser. An OPTIONS without one of the headers is an ordinary request.
 * @see WHATWG Fetch, 4.8
 */
export function isPreflight (method: string | undefined, headers: IncomingHttpHeaders): boolean {
  return method === 'OPTIONS' && Boolean(headers.origin) && Boolean(headers['access-control-request-method'])
}

/** Headers to set; what a browser then may do is the Fetch standard's to say. */
export type CorsHeaders = Record<string, string>

/**
 * How long a browser may keep the response to a preflight, in seconds. Its default is 5, which makes every other
 * request two.
 */
const MAX_AGE_SECONDS = 600

/**
 * What lets a page of this origin read a response; nothing for one that is not allowed.
 * @param origin - the request's; `undefined` when there is none
 * @see Fetch, 3.2 ("HTTP-CORS protocol")
 */
export function grantOrigin ({ allowsAny, hosts }: CorsPolicy, origin: string | undefined): CorsHeaders {
  if (allowsAny) return { 'access-control-allow-origin': '*' }
  if (origin === undefined || !isOriginAllowed(origin, hosts)) return {}
  return { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' }
}

/**
 * The response to a preflight: the method and the headers that are asked for, which are the app's to refuse.
 * @param requested - `Access-Control-Request-Method` and `-Headers`
 */
export function grantPreflight (
  policy: CorsPolicy, origin: string | undefined, requested: { method: string, headers: string | undefined }
): CorsHeaders {
  const granted = grantOrigin(policy, origin)
  if (granted['access-control-allow-origin'] === undefined) return granted
  return {
    ...granted,
    'access-control-allow-methods': requested.method,
    ...(requested.headers !== undefined && { 'access-control-allow-headers': requested.headers }),
    'access-control-max-age': String(MAX_AGE_SECONDS),
  }
}

/**
 * A `Vary` with one more name.
 * @param present - what the response has; several lines are one list
 */
export function addVary (present: string | readonly string[] | undefined, name: string): string {
  const names = [present ?? []].flat().join(', ')
  if (names === '') return name
  const listed = names.split(',').map(each => each.trim().toLowerCase())
  return listed.includes('*') || listed.includes(name.toLowerCase()) ? names : `${names}, ${name}`
}
