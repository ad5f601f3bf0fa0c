import { climbsOut } from '../location/traversal.ts'
import type { UpstreamTarget } from '../location/types.ts'

/** What tells an app's own addresses from foreign ones, and where its own are for the client. */
export interface PublicUrlContext {
  /** `/users`, or empty. */
  prefix: string
  upstreams: readonly UpstreamTarget[]
  /** Base path of the upstream that answered: `/v2`, or empty. */
  basePath: string
  /** Hosts that the client asked for, with their port when it is not the scheme's own: `api.example.com`, `localhost:8000`. */
  clientHosts: readonly string[]
}

/**
 * The redirect rule of the gateway: where a URL that an app wrote leads the client. A path, and a URL of an upstream or of the
 * host that the client asked for, become the prefixed path, without the upstream's base path; query and fragment survive.
 * Foreign URLs, relative references and other schemes stay as they are.
 * The rest is kept byte for byte, except for a path that climbs above its root (`/../x`): `/prefix/../x` would be another app's.
 * @returns for what is the app's own never anything that a browser takes for another host
 */
export function toPublicUrl (url: string, context: PublicUrlContext): string {
  const path = toAppPath(url, context)
  return path === undefined ? url : toPublicPath(path, context)
}

/** Whether a URL is a path or leads to an upstream or to the host that the client asked for. */
export function isOwnUrl (url: string, context: PublicUrlContext): boolean {
  return findOwnTarget(url, context) !== undefined
}

/**
 * The place of a URL in the app: its path, query and fragment, without the upstream's base path.
 * @returns begins with `/`, `?` or `#`, or is empty; `undefined` when the URL is not the app's own
 */
export function toAppPath (url: string, context: PublicUrlContext): string | undefined {
  const target = findOwnTarget(url, context)
  if (target === undefined) return undefined
  const path = withoutBase(target, context.basePath)
  return climbsOut(path.slice(0, pathEnd(path))) ? withoutBase(resolveDots(target), context.basePath) : path
}

/**
 * The public form of a place in the app.
 * @param path - from `toAppPath`
 */
export function toPublicPath (path: string, { prefix }: Pick<PublicUrlContext, 'prefix'>): string {
  if (prefix !== '') return prefix + path
  // `\` is `/` to a browser.
  const rooted = /^[/\\]/.test(path) ? `/${path.slice(1)}` : `/${path}`
  // Without a prefix before it, `//evil` would be a host; `/.//evil` is the path that was meant (WHATWG URL, 4.5).
  return /^\/[/\\]/.test(rooted) ? `/.${rooted}` : rooted
}

/** Path, query and fragment as the upstream has them: empty for `http://upstream`. */
export function findOwnTarget (url: string, context: PublicUrlContext): string | undefined {
  const text = clean(url)
  const authority = AUTHORITY.exec(text)
  if (authority === null) return text.startsWith('/') ? text : undefined
  return isOwnHost(authority[1]!, context) ? text.slice(authority[0].length) : undefined
}

/** What a URL parser strips from both ends, and what it drops anywhere: `ht\ttp://` is `http://` (WHATWG URL, 4.4). Linear, as `/\s+$/` is not. */
function clean (url: string): string {
  let start = 0
  let end = url.length
  while (start < end && url.charCodeAt(start) <= SPACE) start++
  while (end > start && url.charCodeAt(end - 1) <= SPACE) end--
  return url.slice(start, end).replace(/[\t\n\r]/g, '')
}

const SPACE = 0x20

/** To a browser `/\evil`, `\\evil` and `///evil` are hosts like `//evil`; `http:evil` and `http:/evil` depend on where they stand, so they stay. */
const AUTHORITY = /^(?:https?:)?[/\\]{2,}([^/\\?#]*)/i

/** User info hides who is asked (`http://upstream@evil/`), and no app writes it into its own address. */
function isOwnHost (authority: string, { upstreams, clientHosts }: PublicUrlContext): boolean {
  const host = authority.includes('@') ? undefined : parseHost(authority)
  if (host === undefined) return false
  return upstreams.some(upstream => isSameHost(host, parseHost(upstream.host))) ||
    clientHosts.some(clientHost => describeHost(parseHost(clientHost)) === describeHost(host))
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

function describeHost (host: Host | undefined): string | undefined {
  return host && `${host.name}:${host.port}`
}

/** `/v2` of `/v2/x`, `/v2?x` and `/v2`, not of `/v2x`. */
function withoutBase (target: string, basePath: string): string {
  const isBelow = target.startsWith(basePath) && /^(?:[/\\?#]|$)/.test(target.slice(basePath.length))
  return isBelow ? target.slice(basePath.length) : target
}

function resolveDots (target: string): string {
  const { pathname } = new URL(`http://upstream${target.slice(0, pathEnd(target))}`)
  return pathname + target.slice(pathEnd(target))
}

function pathEnd (target: string): number {
  const index = target.search(/[?#]/)
  return index === -1 ? target.length : index
}
