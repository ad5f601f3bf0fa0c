/** The time, what separates it, and the quote before the URL. */
const START = /^\s*[\d.]+(?:\s*[;,]|\s)\s*(?:url\s*=\s*)?(["']?)/i

/**
 * A `Refresh` header with its URL rewritten; everything around it stays: the time, the quotes, and what follows them.
 * @param rewrite - gets the URL
 * @see WHATWG HTML, 4.2.5.3 ("shared declarative refresh steps")
 */
export function rewriteRefresh (value: string, rewrite: (url: string) => string): string {
  const match = START.exec(value)
  if (match === null) return value
  const start = match[0].length
  const end = findEnd(value, start, match[1]!)
  return value.slice(0, start) + rewrite(value.slice(start, end)) + value.slice(end)
}

/** Without a quote the URL is the rest, less white space at its end. */
function findEnd (value: string, start: number, quote: string): number {
  const end = quote === '' ? Math.max(start, value.trimEnd().length) : value.indexOf(quote, start)
  return end === -1 ? value.length : end
}
