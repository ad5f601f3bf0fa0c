import type { IncomingHttpHeaders } from 'node:http'

/**
 * Whether somebody went to an address, so that a single-page app is to show what belongs there. A script, an image or a call of
 * an API that is missing must stay missing: as HTML it would fail later, and say nothing of the reason.
 * @param path - from `resolveSitePath`
 */
export function isNavigation (path: string, headers: IncomingHttpHeaders): boolean {
  const { accept = '', 'sec-fetch-mode': mode = 'navigate' } = headers
  return mode === 'navigate' && acceptsHtml(accept) && !EXTENSION.test(path)
}

/** The last segment's, which has a letter in it: `/v1.2` and `/at/51.5` are places. */
const EXTENSION = /\.\d*[a-z]\w*$/i
const REFUSED = /;\s*q\s*=\s*0(?:\.0*)?\s*(?:;|$)/i

/** By name, with a quality above 0: a fetch has a wildcard there (RFC 9110, 12.5.1). */
function acceptsHtml (accept: string): boolean {
  return accept.split(',').some(range => /^\s*(?:text\/html|application\/xhtml\+xml)\s*(?:;|$)/i.test(range) && !REFUSED.test(range))
}
