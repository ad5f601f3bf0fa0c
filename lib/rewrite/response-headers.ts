import type { HeaderRecord } from '../headers/response.ts'
import type { Location } from '../location.ts'
import { rewriteLocation, rewriteRefresh } from './location-header.ts'
import type { PublicBase } from './public-base.ts'
import { toPublicUrl } from './public-url.ts'
import { rewriteSetCookie } from './set-cookie.ts'

type RewriteValue = (value: string, base: PublicBase) => string

/**
 * Maps the headers of one response to public URLs and paths; the given record stays untouched.
 * @param findBase - called once, and only when a header has to be rewritten
 * @returns of `location`, `content-location`, `refresh` and `set-cookie` those that the response has; lists stay lists
 */
export type HeaderRewriter = (headers: Readonly<HeaderRecord>, findBase: () => PublicBase) => HeaderRecord

/** The header rewriting of a location: redirects and cookies become those of the public paths. */
export function createHeaderRewriter (location: Location): HeaderRewriter {
  const { cookiePath: mode } = location
  const hostNamesOf = createHostNameCache()
  const rewriters: Record<string, RewriteValue> = {
    location: rewriteLocation,
    'content-location': toPublicUrl,
    refresh: (value, base) => rewriteRefresh(value, url => toPublicUrl(url, base)),
    'set-cookie': (value, { prefix, basePath }) =>
      rewriteSetCookie(value, { prefix, basePath, mode, upstreamNames: hostNamesOf(location.upstreams) }),
  }
  const names = Object.keys(rewriters)

  return function rewriteHeaders (headers, findBase) {
    const rewritten: HeaderRecord = {}
    let base: PublicBase | undefined
    for (const name of names) {
      const value = headers[name]
      if (value === undefined) continue
      base ??= findBase()
      rewritten[name] = rewriteEach(value, rewriters[name]!, base)
    }
    return rewritten
  }
}

/** The host names of the upstreams, computed anew only when discovery has replaced the list. */
function createHostNameCache (): (upstreams: Location['upstreams']) => Set<string> {
  let cached: Location['upstreams'] = []
  let names = new Set<string>()
  return function hostNamesOf (upstreams) {
    if (upstreams === cached) return names
    cached = upstreams
    names = new Set(upstreams.map(({ origin }) => new URL(origin).hostname))
    return names
  }
}

function rewriteEach (value: string | string[], rewrite: RewriteValue, base: PublicBase): string | string[] {
  return typeof value === 'string' ? rewrite(value, base) : value.map(each => rewrite(each, base))
}
