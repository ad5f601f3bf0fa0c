import t from 'tap'
import type { EffectiveHeaders } from '../../../lib/headers/effective-request.ts'
import { buildRequestHeaders, type RequestContext } from '../../../lib/headers/request.ts'

const client = { address: '203.0.113.7', isSecure: false, isTrusted: false }
const proxy = { address: '10.0.0.1', isSecure: false, isTrusted: true }

const contextWith = (changes: Partial<RequestContext>): RequestContext => ({
  peer: client,
  host: 'shop.example',
  requestId: 'id-1',
  wantsTrailers: false,
  hasTrailers: false,
  isBodyChanged: false,
  asksForWhole: false,
  location: { prefix: '/users', addForwardedHost: false },
  ...changes,
})

interface Row {
  name: string
  raw: string[]
  context?: Partial<RequestContext>
  /** The client's `Connection`. */
  connection?: string
  /** Without the X-Request-Id of the gateway, unless it is here. */
  expected: string[]
}

const forwarding = { prefix: '/users', addForwardedHost: true }

const rows: Row[] = [
  {
    name: 'headers go on as they were written: order, case, repetition, bytes above 127',
    raw: ['X-B', '1', 'x-A', 'caf\u00e9', 'Cookie', 'a=1', 'X-B', '2', 'cookie', 'b=2'],
    expected: ['X-B', '1', 'x-A', 'caf\u00e9', 'Cookie', 'a=1', 'X-B', '2', 'cookie', 'b=2'],
  },
  {
    name: 'Host and everything hop-by-hop ends here',
    raw: ['Host', 'a', 'Connection', 'keep-alive', 'Keep-Alive', '5', 'TE', 'trailers', 'Trailer', 'x', 'Transfer-Encoding', 'chunked', 'Upgrade', 'h2c',
      'HTTP2-Settings', 'x', 'Proxy-Connection', 'x', 'Proxy-Authorization', 'x', 'Expect', '100-continue', 'Accept', '*/*'],
    expected: ['Accept', '*/*'],
  },
  {
    name: 'what Connection names ends here, except for what is end to end',
    raw: ['X-Trace', '1', 'Authorization', 'Bearer x', 'Content-Length', '3'],
    connection: 'close, x-trace, authorization, content-length',
    expected: ['Authorization', 'Bearer x', 'Content-Length', '3'],
  },
  { name: 'the length stays with the body that it counts', raw: ['Content-Length', '3'], expected: ['Content-Length', '3'] },
  { name: 'the length goes with a body that was changed', raw: ['Content-Length', '3', 'Content-Type', 'a/b'], context: { isBodyChanged: true }, expected: ['Content-Type', 'a/b'] },
  {
    name: 'what asks for a version, a part or a packing goes where the answer is rewritten',
    raw: ['Accept', '*/*', 'Accept-Encoding', 'gzip, br', 'If-None-Match', '"a"', 'if-modified-since', 'x', 'If-Match', '*', 'If-Unmodified-Since', 'x', 'Range', 'bytes=0-1', 'If-Range', '"a"', 'Cache-Control', 'no-cache'],
    context: { asksForWhole: true },
    expected: ['Accept', '*/*', 'Cache-Control', 'no-cache', 'Accept-Encoding', 'identity', 'X-Request-Id', 'id-1'],
  },
  {
    name: 'and stays everywhere else',
    raw: ['Accept-Encoding', 'gzip', 'If-None-Match', '"a"', 'Range', 'bytes=0-1'],
    expected: ['Accept-Encoding', 'gzip', 'If-None-Match', '"a"', 'Range', 'bytes=0-1'],
  },
  { name: 'the id that the request is known by is kept as it was written, once', raw: ['x-request-ID', 'id-1', 'Accept', '*/*', 'X-Request-Id', 'id-1'], expected: ['x-request-ID', 'id-1', 'Accept', '*/*'] },
  { name: 'an id that was not accepted does not get past us', raw: ['X-Request-Id', 'a b', 'X-Request-Id', 'other'], expected: ['X-Request-Id', 'id-1'] },
  {
    name: 'what an untrusted client says of itself is discarded',
    raw: ['X-Forwarded-For', '1.1.1.1', 'X-Forwarded-Host', 'evil', 'X-Forwarded-User', 'admin', 'Forwarded', 'for=1.1.1.1', 'Accept', '*/*'],
    expected: ['Accept', '*/*'],
  },
  {
    name: 'so is what becomes the same name in an app behind WSGI or CGI, also of a trusted one',
    raw: ['X_Forwarded_For', '1.1.1.1', 'x-forwarded_host', 'evil', 'X_Request_Id', 'x', 'X_Other', 'kept'],
    context: { peer: proxy },
    expected: ['X_Other', 'kept'],
  },
  {
    name: 'without addForwardedHost a trusted proxy is passed on as it is',
    raw: ['X-Forwarded-For', '203.0.113.7', 'X-Forwarded-User', 'admin'],
    context: { peer: proxy },
    expected: ['X-Forwarded-For', '203.0.113.7', 'X-Forwarded-User', 'admin'],
  },
  {
    name: 'names of Object.prototype are names',
    raw: ['__proto__', 'a', 'constructor', 'b', 'toString', 'c'],
    expected: ['__proto__', 'a', 'constructor', 'b', 'toString', 'c'],
  },
  {
    name: 'ours come last',
    raw: ['Accept', '*/*'],
    context: { location: forwarding },
    expected: ['Accept', '*/*', 'X-Request-Id', 'id-1', 'X-Forwarded-For', '203.0.113.7', 'X-Forwarded-Proto', 'http', 'X-Forwarded-Port', '80', 'X-Forwarded-Host', 'shop.example', 'X-Forwarded-Prefix', '/users'],
  },
  {
    name: 'Connection cannot take them away',
    raw: [],
    context: { location: forwarding },
    connection: 'x-forwarded-for, x-request-id',
    expected: ['X-Request-Id', 'id-1', 'X-Forwarded-For', '203.0.113.7', 'X-Forwarded-Proto', 'http', 'X-Forwarded-Port', '80', 'X-Forwarded-Host', 'shop.example', 'X-Forwarded-Prefix', '/users'],
  },
  {
    name: 'a trusted proxy is continued: all lines, nothing for an empty one, and what we do not write ourselves is kept',
    raw: ['X-Forwarded-For', '', 'X-Forwarded-For', '203.0.113.7', 'x-forwarded-for', '10.0.0.9', 'X-Forwarded-Proto', 'https', 'X-Forwarded-User', 'bob', 'X-Forwarded-Constructor', 'x'],
    context: { peer: proxy, location: forwarding },
    expected: ['X-Forwarded-User', 'bob', 'X-Forwarded-Constructor', 'x', 'X-Request-Id', 'id-1', 'X-Forwarded-For', '203.0.113.7, 10.0.0.9, 10.0.0.1', 'X-Forwarded-Proto', 'https',
      'X-Forwarded-Port', '443', 'X-Forwarded-Host', 'shop.example', 'X-Forwarded-Prefix', '/users'],
  },
  {
    name: 'an empty X-Forwarded-For of a trusted proxy is none',
    raw: ['X-Forwarded-For', ''],
    context: { peer: proxy, location: forwarding },
    expected: ['X-Request-Id', 'id-1', 'X-Forwarded-For', '10.0.0.1', 'X-Forwarded-Proto', 'http', 'X-Forwarded-Port', '80', 'X-Forwarded-Host', 'shop.example', 'X-Forwarded-Prefix', '/users'],
  },
]

/** As no hook has changed them. */
function untouched (raw: readonly string[], connection: string | undefined): EffectiveHeaders {
  const keys = raw.filter((_, index) => index % 2 === 0).map(name => name.toLowerCase())
  return { fields: raw, keys, set: null, connection }
}

for (const { name, raw, context = {}, connection, expected } of rows) {
  t.test(`request headers: ${name}`, async t => {
    const given = [...raw]
    const hasId = expected.some(text => text.toLowerCase() === 'x-request-id')
    t.strictSame(buildRequestHeaders(untouched(raw, connection), contextWith(context)), hasId ? expected : [...expected, 'X-Request-Id', 'id-1'])
    t.strictSame(raw, given, 'the list of the request is untouched')
  })
}
