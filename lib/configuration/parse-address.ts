import { isIPv6 } from 'node:net'
import type { UpstreamTarget } from './types.ts'

/** What an address says of an upstream. */
export type Address = Pick<UpstreamTarget, 'url' | 'origin' | 'isSecure' | 'host' | 'basePath' | 'isHttp2' | 'socketPath'>

/** `unix:/run/app.sock`, with a base path behind a second colon as nginx has it, and `unix:///run/app.sock`. */
const UNIX = /^unix:(?:\/\/(?=\/))?([^:]*)(?::(.*))?$/is
/** Of `sun_path` on Linux, less its end. libuv cuts off what is longer, and would connect to another socket. */
const MAX_SOCKET_PATH = 107

/**
 * @param address - a URL, `unix:` and a path, `host:port`, or a bare host that takes `port`
 * @returns what it says, or what is wrong with it
 */
export function parseAddress (address: string, port: number | undefined): Address | string {
  const wrong = (remedy: string) => `${JSON.stringify(address)} is not an address: ${remedy}`
  const unix = UNIX.exec(address)
  if (unix !== null) return parseSocket(unix[1]!, unix[2], wrong)
  const url = parseUrl(address, port, wrong)
  if (typeof url === 'string') return url
  const isH2c = url.protocol === 'h2c:'
  // Of a scheme that it does not know, URL has no origin.
  const { origin, host, protocol } = isH2c ? new URL(url.href.replace('h2c', 'http')) : url
  const basePath = baseOf(url)
  return {
    url: `${isH2c ? `h2c://${host}` : origin}${basePath}`,
    origin,
    isSecure: protocol === 'https:',
    host,
    basePath,
    isHttp2: isH2c,
    socketPath: null,
  }
}

/** A path below `/`, without slashes at its end. */
function baseOf ({ pathname }: URL): string {
  return pathname.replace(/\/+$/, '')
}

type Wrong = (remedy: string) => string

function parseSocket (path: string, base: string | undefined, wrong: Wrong): Address | string {
  const url = `http://localhost${base ?? ''}`
  if (!/^\/(?!\/).*[^/]$/s.test(path) || /\p{Cc}/u.test(path)) return wrong('write "unix:" and the socket\'s absolute path, such as "unix:/run/app.sock"')
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH) return wrong(`a socket's path has at most ${MAX_SOCKET_PATH} bytes`)
  if (base !== undefined && (!base.startsWith('/') || UNSAFE.test(url))) return wrong('behind the socket\'s path there may be a colon and a base path, as in "unix:/run/app.sock:/v2"')
  if (/[?#]/.test(url)) return wrong(NO_QUERY)
  const basePath = baseOf(new URL(url))
  return {
    url: `unix:${path}${basePath === '' ? '' : `:${basePath}`}`,
    origin: 'http://localhost',
    isSecure: false,
    host: 'localhost',
    basePath,
    isHttp2: false,
    socketPath: path,
  }
}

function parseUrl (address: string, port: number | undefined, wrong: Wrong): URL | string {
  const hasScheme = /^[a-z][a-z\d+.-]*:\/\//i.test(address)
  const text = hasScheme ? address : `http://${isIPv6(address) ? `[${address}]` : address}`
  // new URL() would drop white space, turn backslashes and make 8001 the host 0.0.31.65.
  if (UNSAFE.test(text) || !URL.canParse(text)) return wrong('write "http://host:port", "host:port" or a host')
  if (/^\d+$/.test(address)) return wrong(`it is only a port; write "127.0.0.1:${address}"`)
  const url = new URL(text)
  if (!SCHEMES.has(url.protocol)) return wrong('its scheme must be http, https, h2c or unix')
  if (url.username !== '' || url.password !== '') return wrong('it may not hold a user name or a password')
  if (url.search !== '' || url.hash !== '') return wrong(NO_QUERY)
  if (url.port === '0') return wrong('no server listens on port 0')
  if (hasScheme || hasPort(text)) return url
  if (port === undefined) return wrong('it has no port, and neither has its app')
  url.port = String(port)
  return url
}

const SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:', 'h2c:'])
const NO_QUERY = 'it may have a path, but no query and no fragment'

/** White space, control characters, a backslash, or a colon without the port that belongs to it. */
const UNSAFE = /[\s\p{Cc}\\]|:\/\/[^/]*:(?:\/|$)/u

/** `URL` leaves out a port that is the scheme's own, so it cannot be asked. */
function hasPort (url: string): boolean {
  return /^http:\/\/[^/]*:\d+(?:\/|$)/.test(url)
}
