import { climbsOut } from '../routing/traversal.ts'
import type { UpstreamTarget } from '../location.ts'

/** Tells an app's own URLs from foreign ones, and where its own are served to the client. */
export interface PublicUrlContext {
  /** Public path prefix of the location: `/users`, or empty. */
  prefix: string
  upstreams: readonly UpstreamTarget[]
  /** Base path of the upstream that responded: `/v2`, or empty. */
  basePath: string
  /**
   * Hosts that the client requested, with their port when it is not the scheme's default: `api.example.com`,
   * `localhost:8000`.
   */
  clientHosts: readonly string[]
}

/**
 * The redirect rule of the gateway: the public form of a URL that an app wrote. A path, and a URL of an upstream or of
 * the host that the client requested, become the prefixed path without the upstream's base path; query and fragment
 * survive. Foreign URLs, relative references and other schemes stay as they are.
 * The rest is kept byte for byte, except for a path that climbs above its root (`/../x`): `/prefix/../x` would be
 * another app's.
 * @returns for the app's own URLs never anything that a browser takes for another host
 */
export function toPublicUrl (url: string, context: PublicUrlContext): string {
  const path = toAppPath(url, context)
  return path === undefined ? url : toPublicPath(path, context)
}

/**
 * Path, query and fragment of a URL inside the app, without the upstream's base path.
 * @returns begins with `/`, `?` or `#`, or is empty; `undefined` when the URL is foreign
 */
export function toAppPath (url: string, context: PublicUrlContext): string | undefined {
  const target = findOwnTarget(url, context)
  if (target === undefined) return undefined
  const path = withoutBasePath(target, context.basePath)
  const isClimbing = climbsOut(path.slice(0, findPathEnd(path)))
  return isClimbing ? withoutBasePath(resolveDotSegments(target), context.basePath) : path
}

/**
 * The public form of a path in the app.
 * @param path - from `toAppPath`
 */
export function toPublicPath (path: string, { prefix }: Pick<PublicUrlContext, 'prefix'>): string {
  if (prefix !== '') return prefix + path
  // `\` is `/` to a browser.
  const rooted = /^[/\\]/.test(path) ? `/${path.slice(1)}` : `/${path}`
  // Without a prefix before it, `//evil` would be a host; `/.//evil` is the path that was meant (WHATWG URL, 4.5).
  return /^\/[/\\]/.test(rooted) ? `/.${rooted}` : rooted
}

/**
 * Path, query and fragment of an app's own URL as on the upstream, base path included.
 * @returns empty for `http://upstream`; `undefined` when the URL is foreign
 */
export function findOwnTarget (url: string, context: PublicUrlContext): string | undefined {
  const text = stripIgnored(url)
  const authority = AUTHORITY.exec(text)
  if (authority === null) return text.startsWith('/') ? text : undefined
  return isOwnHost(authority[1]!, context) ? text.slice(authority[0].length) : undefined
}

/**
 * Removes what a URL parser strips from both ends and what it drops anywhere: `ht\ttp://` is `http://` (WHATWG URL,
 * 4.4). Linear, as `/\s+$/` is not.
 */
function stripIgnored (url: string): string {
  let start = 0
  let end = url.length
  while (start < end && url.charCodeAt(start) <= SPACE) start++
  while (end > start && url.charCodeAt(end - 1) <= SPACE) end--
  return url.slice(start, end).replace(/[\t\n\r]/g, '')
}

const SPACE = 0x20

/**
 * To a browser `/\evil`, `\\evil` and `///evil` are hosts like `//evil`; what `http:evil` and `http:/evil` mean depends
 * on the base URL, so they stay.
 */
const AUTHORITY = /^(?:https?:)?[/\\]{2,}([^/\\?#]*)/i

/** User info disguises the host (`http://upstream@evil/`), and no app writes it into its own URLs. */
function isOwnHost (authority: string, { upstreams, clientHosts }: PublicUrlContext): boolean {
  const host = authority.includes('@') ? undefined : parseHost(authority)
  if (host === undefined) return false
  return upstreams.some(upstream => isSameHost(host, parseHost(upstream.host))) ||
    clientHosts.some(clientHost => formatHost(parseHost(clientHost)) === formatHost(host))
}

interface Host { name: string, port: string }

/** An app that listens on the loopback interface calls itself by any of its names. */
const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]', '0.0.0.0'])

function isSameHost (host: Host, upstream: Host | undefined): boolean {
  if (host.port !== upstream?.port) return false
  return host.name === upstream.name || (LOOPBACK.has(host.name) && LOOPBACK.has(upstream.name))
}

/** 80 and 443 count as no port: behind a TLS terminator an app says `http:` where its client says `https:`. */
function parseHost (authority: string): Host | undefined {
  if (authority === '' || !URL.canParse(`http://${authority}`)) return undefined
  const { hostname, port } = new URL(`http://${authority}`)
  return { name: hostname, port: port === '443' ? '' : port }
}

function formatHost (host: Host | undefined): string | undefined {
  return host && `${host.name}:${host.port}`
}

/** Takes `/v2` off `/v2/x`, `/v2?x` and `/v2`, not off `/v2x`. */
function withoutBasePath (target: string, basePath: string): string {
  const isBelow = target.startsWith(basePath) && /^(?:[/\\?#]|$)/.test(target.slice(basePath.length))
  return isBelow ? target.slice(basePath.length) : target
}

function resolveDotSegments (target: string): string {
  const { pathname } = new URL(`http://upstream${target.slice(0, findPathEnd(target))}`)
  return pathname + target.slice(findPathEnd(target))
}

function findPathEnd (target: string): number {
  const index = target.search(/[?#]/)
  return index === -1 ? target.length : index
}
