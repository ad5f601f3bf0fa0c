import { isHost } from '../headers/request-fault.ts'
import { routedPath } from './query.ts'

/** What a request line asks for. */
export interface RequestTarget {
  /** Path and query, byte for byte. */
  target: string
  /** The host of an absolute-form target, which outranks `Host`; `undefined` for the usual origin-form. */
  authority: string | undefined
}

const ABSOLUTE = /^https?:\/\/([^/?#]+)([^]*)$/i

/**
 * Reads a request target: origin-form (`/users?x`), or the absolute-form that proxies are sent (`http://host/users?x`).
 * @returns `undefined` for anything else: `*`, an authority, a URL with user information or without a proper host
 * @see RFC 9112, 3.2
 */
export function parseRequestTarget (target: string): RequestTarget | undefined {
  if (target.startsWith('/')) return { target, authority: undefined }
  const match = ABSOLUTE.exec(target)
  if (match === null) return undefined
  const [, authority = '', rest = ''] = match
  if (!isHost(authority)) return undefined
  return { target: rest.startsWith('/') ? rest : `/${rest}`, authority }
}

const HIGH_BYTE = /%(?=[89a-f])/i
const BROKEN_ESCAPE = /%(?![\da-f]{2})/i
const UNROUTABLE = new RegExp(`${HIGH_BYTE.source}|${BROKEN_ESCAPE.source}`, 'gi')

/**
 * The target in a form that Fastify's router can match: it decodes paths as UTF-8 and refuses what is none, but a path
 * is bytes, and an old app may well have `/caf%E9`.
 * @returns the same string when it can be matched as it is
 */
export function toRoutable (target: string): string {
  if (!HIGH_BYTE.test(target) && !BROKEN_ESCAPE.test(target)) return target
  const path = routedPath(target)
  if (isUtf8(path)) return target
  return path.replace(UNROUTABLE, '%25') + target.slice(path.length)
}

function isUtf8 (path: string): boolean {
  try {
    decodeURI(path)
    return true
  } catch {
    return false
  }
}
