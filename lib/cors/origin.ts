/** An `Origin` header in its parts. */
export interface Origin {
  /** Lower-case, without the colon. */
  scheme: string
  /** Lower-case, without the dot of the DNS root at its end. */
  host: string
  /** `undefined` when it is the scheme's own. */
  port: number | undefined
}

// Browsers write hosts in ASCII and never escape them, so `%2e` is no dot here.
const ORIGIN = /^([a-z][a-z\d+.-]*):\/\/(\[[\da-f:.]+\]|[a-z\d_-][a-z\d._-]*)(?::(\d{1,5}))?$/i

/**
 * @returns `undefined` for `null`, for more than one origin, and for anything with a path or user information
 * @see WHATWG Fetch, 3.1 (`Origin`); RFC 6454, 7
 */
export function parseOrigin (header: string): Origin | undefined {
  const [, scheme, host, port] = ORIGIN.exec(header) ?? []
  if (scheme === undefined || host === undefined) return undefined
  return { scheme: scheme.toLowerCase(), host: host.toLowerCase().replace(/\.$/, ''), port: port === undefined ? undefined : Number(port) }
}
