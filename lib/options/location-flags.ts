import { type Static, type TObject, Type } from '@sinclair/typebox'
import { resilienceFlags } from './resilience-flags.ts'
import { Duration, Optional, PATH_PATTERN, Size } from './schema-parts.ts'

/** What `openapi` holds when it is on. */
export const OpenApi = Optional({
  mode: Type.Union([Type.Literal('paths'), Type.Literal('servers')], {
    default: 'paths',
    description: 'How a document gets its public addresses: `"paths"` prefixes every path, `"servers"` the servers.',
  }),
  documents: Type.Array(Type.String({ pattern: PATH_PATTERN }), {
    default: [], description: 'Paths of documents in the app, besides the known ones.',
  }),
  pages: Type.Array(Type.String({ pattern: PATH_PATTERN }), {
    default: [], description: 'Paths of pages in the app that show one, besides the known ones.',
  }),
  maxBytes: Size('A longer document or page is passed through, and so is a YAML document above 1 MB.', '10MB'),
})

/** What may be set for one app as well as for all of them, at the top level. */
export const locationFlags = {
  rewrite: Type.Optional(Type.Tuple([Type.String(), Type.String()], {
    description: '`[pattern, replacement]`: a regular expression on the public path, prefix included, and what it ' +
      'becomes, with `$1` groups. Instead of stripping the prefix; never applied to the query.',
  })),
  addSlashes: Type.Optional(Type.Boolean({
    default: false, description: 'Add a trailing slash to the upstream path (never to the query).',
  })),
  fastapiRedirect: Type.Optional(Type.Boolean({
    default: false,
    description: 'Follow the app\'s own 307 and 308 inside the gateway, instead of sending them to the client; ' +
      'with a body of up to 64 KB.',
  })),
  redirectCache: Type.Optional(Type.Boolean({
    default: true,
    description: 'With `fastapiRedirect`: remember redirects that add or remove a slash, up to 1000 for 5 minutes.',
  })),
  prefixAware: Type.Optional(Type.Boolean({
    default: false,
    description: 'The app itself honours `X-Forwarded-Prefix`, or is configured with its public root: leave its ' +
      'redirects, cookies and documents alone.',
  })),
  cookiePath: Type.Optional(Type.Union([Type.Literal('rewrite'), Type.Literal('isolate'), Type.Literal('keep')], {
    default: 'rewrite',
    description: 'The paths of the app\'s cookies: `"rewrite"` makes `/x` `/prefix/x` and leaves `/`, `"isolate"` ' +
      'makes `/` the prefix too, `"keep"` leaves all.',
  })),
  openapi: Type.Optional(Type.Union([Type.Literal(false), OpenApi], {
    description: 'Rewriting of API documents and the pages that show them. `false` is off.',
  })),
  http2: Type.Optional(Type.Boolean({
    default: false,
    description: 'Speak HTTP/2 to the upstreams, as gRPC needs it: to `https:` ones by ALPN, to the others with ' +
      'prior knowledge, as does `h2c:` in an address. The response is 502 when an upstream does not speak it. ' +
      'WebSockets need HTTP/1.1.',
  })),
  addForwardedHost: Type.Optional(Type.Boolean({
    default: true, description: 'Send `X-Forwarded-For`, `-Proto`, `-Host`, `-Port` and `-Prefix`.',
  })),
  rewriteHost: Type.Optional(Type.Union([Type.Boolean(), Type.Literal('auto')], {
    default: 'auto',
    description: 'The `Host` that the app sees: `true` its upstream\'s, `false` the client\'s, `"auto"` the ' +
      'client\'s for `http:` upstreams and the upstream\'s for `https:`.',
  })),
  httpClient: Type.Optional(Type.Union([Type.Literal('own'), Type.Literal('undici')], {
    default: 'own',
    description: 'The client for HTTP/1.1 to the upstreams: the gateway\'s own, or undici, for an app that works ' +
      'with that one only; undici sends no trailers and ends a connection at an unexpected `100 Continue`.',
  })),
  websocket: Type.Optional(Type.Boolean({
    default: true,
    description: 'Tunnel WebSockets and other protocols that a client requests with `Upgrade`, but not HTTP/2 ' +
      'without TLS (h2c). `false` refuses them with 403.',
  })),
  trace: Type.Optional(Type.Boolean({
    default: false,
    description: 'Forward TRACE, which shows a client its request with the headers that proxies added. Otherwise ' +
      'it is refused with 405.',
  })),
  timeouts: Type.Optional(Optional({
    connect: Duration('To open a connection to an upstream. 0 is none.', '5s'),
    headers: Duration('From the request being sent to the response head. 0 is none.', '60s'),
    body: Duration(
      'Between two chunks of a response; also for a client that stops sending its body, and three times as long ' +
      'for one that stops reading the response. 0 is none.', '60s'
    ),
    stream: Duration('The same for event streams, and for WebSockets in both directions. 0 is none.', 0),
    request: Duration('For the whole exchange, all attempts included. 0 is none.', 0),
  }, { description: 'How long to wait for an upstream.' })),
  ...resilienceFlags,
}

/** Location flags as users write them, all optional. */
export type FlagOptions = Static<TObject<typeof locationFlags>>

/** The names of the flags, to tell them from an app's other properties. */
export const flagNames = Object.keys(locationFlags) as (keyof FlagOptions)[]

/** The location flags that are set in the options of an app, or of the gateway. */
export function pickFlags (options: FlagOptions): FlagOptions {
  return Object.fromEntries(flagNames.filter(name => options[name] !== undefined).map(name => [name, options[name]]))
}
