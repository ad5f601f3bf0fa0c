import type { IncomingHttpHeaders } from 'node:http'

/**
 * Whether a request navigates to a page, so that a single-page app has to handle its path. A missing script, image or
 * API resource must stay a 404: answered with HTML it would fail later, and hide the reason.
 * @param path - from `resolveSitePath`
 */
export function isNavigation (path: string, headers: IncomingHttpHeaders): boolean {
  const { accept = '', 'sec-fetch-mode': mode = 'navigate' } = headers
  return mode === 'navigate' && acceptsHtml(accept) && !EXTENSION.test(path)
}

/** Of the last segment, with a letter in it: `/v1.2` and `/at/51.5` are pages. */
const EXTENSION = /\.\d*[a-z]\w*$/i
const HTML = /^\s*(?:text\/html|application\/xhtml\+xml)\s*(?:;|$)/i
/** `q=0`. */
const NOT_ACCEPTABLE = /;\s*q\s*=\s*0(?:\.0*)?\s*(?:;|$)/i

/** By name and with a quality above 0 (RFC 9110, 12.5.1): the `Accept` of a fetch has a wildcard only. */
function acceptsHtml (accept: string): boolean {
  return accept.split(',').some(range => HTML.test(range) && !NOT_ACCEPTABLE.test(range))
}
