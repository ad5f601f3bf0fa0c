/** What the cookies of a response are rewritten with. */
export interface CookieContext {
  /** Public path prefix of the location: `/users`, or empty. */
  prefix: string
  /** Base path of the upstream that responded: `/v2`, or empty. */
  basePath: string
  /** `rewrite` keeps `Path=/` for the whole site, `isolate` narrows it to the prefix, `keep` changes no path. */
  mode: 'rewrite' | 'isolate' | 'keep'
  /** Host names of the location's upstreams, lower-case, without ports. */
  upstreamNames: ReadonlySet<string>
}

/** White space around an attribute's parts is kept: everything but the value stays byte for byte. */
const PATH = /^(\s*path\s*=\s*)(\/.*?)(\s*)$/is
const DOMAIN = /^\s*domain\s*=\s*\.?(.*?)\s*$/is

/**
 * A `Set-Cookie` of an app for clients behind the prefix: the path becomes the public one, and a domain that is an
 * upstream's own host is dropped, because browsers refuse a foreign one. Every other attribute, and their order, stay.
 * `__Host-` cookies are never touched: they are bound to `Path=/` and no domain.
 * @param cookie - value of one `Set-Cookie` header
 * @see RFC 6265, 5.2
 */
export function rewriteSetCookie (cookie: string, context: CookieContext): string {
  if (/^\s*__host-/i.test(cookie)) return cookie
  const [pair, ...attributes] = cookie.split(';')
  return [pair, ...attributes.flatMap(attribute => rewriteAttribute(attribute, context))].join(';')
}

function rewriteAttribute (attribute: string, context: CookieContext): string[] {
  const domain = DOMAIN.exec(attribute)
  if (domain !== null && context.upstreamNames.has(domain[1]!.toLowerCase())) return []
  const path = PATH.exec(attribute)
  if (path === null || context.mode === 'keep') return [attribute]
  return [`${path[1]}${toPublicCookiePath(path[2]!, context)}${path[3]}`]
}

function toPublicCookiePath (path: string, { prefix, basePath, mode }: CookieContext): string {
  if (path === '/') return mode === 'isolate' && prefix !== '' ? prefix : path
  const isBelowBase = path === basePath || path.startsWith(`${basePath}/`)
  const appPath = isBelowBase ? path.slice(basePath.length) : path
  return prefix + appPath || '/'
}
