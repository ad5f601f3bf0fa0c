import { isIPv6 } from 'node:net'
import type { UpstreamTarget } from '../location.ts'

/** The part of an upstream that is in its address. */
export type Address = Omit<UpstreamTarget, 'weight' | 'ca' | 'insecure'>

/** `unix:/run/app.sock`, with a base path after a second colon as in nginx, and `unix:///run/app.sock`. */
const UNIX = /^unix:(?:\/\/(?=\/))?([^:]*)(?::(.*))?$/is
/** Length of `sun_path` on Linux without its final NUL. libuv truncates a longer one and connects to another socket. */
const MAX_SOCKET_PATH = 107

/**
 * Parses the address of an upstream.
 * @param address - a URL, `unix:` and a path, `host:port`, or a bare host that takes `port`
 * @returns its parts, or a message that says what is wrong with it and how to mend it
 */
export function parseAddress (address: string, port: number | undefined): Address | string {
  const describeFault = (remedy: string) => `${JSON.stringify(address)} is not an address: ${remedy}`
  const unix = UNIX.exec(address)
  if (unix !== null) return parseSocket(unix[1]!, unix[2], describeFault)
  const url = parseUrl(address, port, describeFault)
  if (typeof url === 'string') return url
  const isH2c = url.protocol === 'h2c:'
  // The origin of a URL with an unknown scheme is `null`.
  const { origin, host, hostname, port: givenPort, protocol } = isH2c ? new URL(url.href.replace('h2c', 'http')) : url
  const isSecure = protocol === 'https:'
  const basePath = readBasePath(url)
  return {
    url: `${isH2c ? `h2c://${host}` : origin}${basePath}`,
    origin,
    isSecure,
    host,
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port: givenPort === '' ? (isSecure ? 443 : 80) : Number(givenPort),
    basePath,
    isHttp2: isH2c,
    socketPath: null,
  }
}

/** A path below `/`, without slashes at its end. */
function readBasePath ({ pathname }: URL): string {
  return pathname.replace(/\/+$/, '')
}

type DescribeFault = (remedy: string) => string

function parseSocket (path: string, base: string | undefined, describeFault: DescribeFault): Address | string {
  const url = `http://localhost${base ?? ''}`
  if (!/^\/(?!\/).*[^/]$/s.test(path) || /\p{Cc}/u.test(path)) return describeFault(NO_SOCKET)
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH) return describeFault(SOCKET_TOO_LONG)
  if (base !== undefined && (!base.startsWith('/') || UNSAFE.test(url))) return describeFault(NO_BASE_PATH)
  if (/[?#]/.test(url)) return describeFault(NO_QUERY)
  const basePath = readBasePath(new URL(url))
  return {
    url: `unix:${path}${basePath === '' ? '' : `:${basePath}`}`,
    origin: 'http://localhost',
    isSecure: false,
    host: 'localhost',
    hostname: 'localhost',
    port: null,
    basePath,
    isHttp2: false,
    socketPath: path,
  }
}

function parseUrl (address: string, port: number | undefined, describeFault: DescribeFault): URL | string {
  const hasScheme = /^[a-z][a-z\d+.-]*:\/\//i.test(address)
  const text = hasScheme ? address : `http://${isIPv6(address) ? `[${address}]` : address}`
  // `new URL()` would drop white space, turn backslashes into slashes and read 8001 as the host 0.0.31.65.
  if (UNSAFE.test(text) || !URL.canParse(text)) return describeFault('write "http://host:port", "host:port" or a host')
  if (/^\d+$/.test(address)) return describeFault(`it is only a port; write "127.0.0.1:${address}"`)
  const url = new URL(text)
  if (!SCHEMES.has(url.protocol)) return describeFault('its scheme must be http, https, h2c or unix')
  if (url.username !== '' || url.password !== '') return describeFault('it may not hold a user name or a password')
  if (url.search !== '' || url.hash !== '') return describeFault(NO_QUERY)
  if (url.port === '0') return describeFault('no server listens on port 0')
  if (hasScheme || hasPort(text)) return url
  if (port === undefined) return describeFault('it has no port, and neither has its app')
  url.port = String(port)
  return url
}

const SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:', 'h2c:'])
const NO_QUERY = 'it may have a path, but no query and no fragment'
const NO_SOCKET = 'write "unix:" and the socket\'s absolute path, such as "unix:/run/app.sock"'
const SOCKET_TOO_LONG = `a socket's path has at most ${MAX_SOCKET_PATH} bytes`
const NO_BASE_PATH =
  'behind the socket\'s path there may be a colon and a base path, as in "unix:/run/app.sock:/v2"'

/** White space, control characters, a backslash, or a colon without a port. */
const UNSAFE = /[\s\p{Cc}\\]|:\/\/[^/]*:(?:\/|$)/u

/** Read from the text, because `URL` drops a port that is the scheme's default. */
function hasPort (url: string): boolean {
  return /^http:\/\/[^/]*:\d+(?:\/|$)/.test(url)
}
