import { isHost } from '../headers/request-fault.ts'

/** The target of a request line. */
export interface RequestTarget {
  /** Path and query, byte for byte. */
  target: string
  /** The host of an absolute-form target, which wins over `Host`; `undefined` for the usual origin-form. */
  authority: string | undefined
}

const ABSOLUTE = /^https?:\/\/([^/?#]+)([^]*)$/i

/**
 * Parses a request target: origin-form (`/users?x`), or absolute-form, which clients send to proxies
 * (`http://host/users?x`).
 * @returns `undefined` for anything else: `*`, an authority, a URL with user information or without a valid host
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

/** Where the path of a target ends and its query, with the `?`, begins. */
export function findPathEnd (target: string): number {
  const index = target.indexOf('?')
  return index === -1 ? target.length : index
}

/** A target's path and its query, which is empty or begins with `?`. */
export function splitQuery (target: string): [path: string, query: string] {
  const end = findPathEnd(target)
  return [target.slice(0, end), target.slice(end)]
}

/** The path of what `resolvePath` returns, where the bare prefix is empty. */
export function pathOf (pathAndQuery: string): string {
  return pathAndQuery.slice(0, findPathEnd(pathAndQuery)) || '/'
}

const ROUTED_PATH_END = /[?#]/

/** The path that a router sees: it ends before a fragment too, which no target may have. */
export function cutRoutedPath (target: string): string {
  const end = target.search(ROUTED_PATH_END)
  return end === -1 ? target : target.slice(0, end)
}

const HIGH_BYTE = /%(?=[89a-f])/i
const BROKEN_ESCAPE = /%(?![\da-f]{2})/i
const UNROUTABLE = new RegExp(`${HIGH_BYTE.source}|${BROKEN_ESCAPE.source}`, 'gi')

/**
 * The target in a form that Fastify's router can match. The router decodes paths as UTF-8 and refuses others, but a
 * path is bytes, and an old app may have `/caf%E9`.
 * @returns the same string when it can be matched as it is
 */
export function toRoutable (target: string): string {
  if (!HIGH_BYTE.test(target) && !BROKEN_ESCAPE.test(target)) return target
  const path = cutRoutedPath(target)
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
