import type { PublicBase } from './public-base.ts'
import { toPublicUrl } from './public-url.ts'

/**
 * A `Location` header with its public URL, by the redirect rule (`toPublicUrl`). An app that redirects back to the
 * `Referer` repeats a URL that is public already.
 */
export function rewriteLocation (value: string, base: PublicBase): string {
  return value === base.referer ? value : toPublicUrl(value, base)
}

/** The time, its separator, and the quote before the URL. */
const REFRESH_START = /^\s*[\d.]+(?:\s*[;,]|\s)\s*(?:url\s*=\s*)?(["']?)/i

/**
 * A `Refresh` header with its URL rewritten; the time, the quotes and what follows them stay.
 * @param rewrite - called with the URL
 * @see WHATWG HTML, 4.2.5.3 ("shared declarative refresh steps")
 */
export function rewriteRefresh (value: string, rewrite: (url: string) => string): string {
  const match = REFRESH_START.exec(value)
  if (match === null) return value
  const start = match[0].length
  const end = findUrlEnd(value, start, match[1]!)
  return value.slice(0, start) + rewrite(value.slice(start, end)) + value.slice(end)
}

/** An unquoted URL extends to the end of the value, less trailing white space. */
function findUrlEnd (value: string, start: number, quote: string): number {
  const end = quote === '' ? Math.max(start, value.trimEnd().length) : value.indexOf(quote, start)
  return end === -1 ? value.length : end
}
