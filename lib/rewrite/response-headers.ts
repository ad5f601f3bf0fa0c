import type { HeaderRecord } from '../headers/response.ts'
import type { Location } from '../location/types.ts'
import type { Place } from './public-base.ts'
import { toPublicUrl } from './public-url.ts'
import { rewriteRefresh } from './location-header.ts'
import { rewriteSetCookie } from './set-cookie.ts'

type Rewrite = (value: string, place: Place) => string

/** Rewrites the headers of one response: returns those that it has anew. The place is found only when there are any. */
export type HeaderRewriter = (headers: HeaderRecord, findPlace: () => Place) => HeaderRecord

/**
 * What a location does with the headers of its answers: redirects and cookies become those of the public paths.
 * @returns `null` for an app that knows its prefix
 */
export function createHeaderRewriter (location: Location): HeaderRewriter | null {
  const { prefixAware, cookiePath } = location
  if (prefixAware) return null
  const namesOf = createNameReader()
  const rewriters: Record<string, Rewrite> = {
    // An app that sends the client back where it came from repeats a public URL.
    location: (value, place) => value === place.referer ? value : toPublicUrl(value, place),
    'content-location': toPublicUrl,
    refresh: (value, place) => rewriteRefresh(value, url => toPublicUrl(url, place)),
    'set-cookie': (value, { prefix, basePath }) => rewriteSetCookie(value, { prefix, basePath, mode: cookiePath, upstreamNames: namesOf(location.upstreams) }),
  }
  const names = Object.keys(rewriters)

  return function rewriteHeaders (headers, findPlace) {
    let place: Place | undefined
    const rewritten: HeaderRecord = {}
    for (const name of names) {
      const value = headers[name]
      if (value === undefined) continue
      place ??= findPlace()
      rewritten[name] = rewriteEach(value, rewriters[name]!, place)
    }
    return rewritten
  }
}

/** The host names of upstreams, which are others only when the upstreams are. */
function createNameReader (): (upstreams: Location['upstreams']) => Set<string> {
  let known: Location['upstreams'] = []
  let names = new Set<string>()
  return function namesOf (upstreams) {
    if (upstreams === known) return names
    known = upstreams
    names = new Set(upstreams.map(({ origin }) => new URL(origin).hostname))
    return names
  }
}

function rewriteEach (value: string | string[], rewrite: Rewrite, place: Place): string | string[] {
  return typeof value === 'string' ? rewrite(value, place) : value.map(each => rewrite(each, place))
}
