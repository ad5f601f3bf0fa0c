import { type Static, type TSchema, type TObject, Type } from '@sinclair/typebox'
import { PATH_PATTERN } from './patterns.ts'
import { resilienceFlags } from './resilience-flags.ts'
import { closed, Duration, Optional, Size } from './schema-parts.ts'

// The one description of every option: the static types, the defaults, the validation at registration, the table in
// docs/options.md and schema/gateway.schema.json are all made from it. It holds the options that work today, no others.

const Upstream = Type.Object({
  url: Type.String({ description: 'Its address: `http://10.0.0.5:8001`, `https://api.example.com/v2` (the path is a base), `h2c://10.0.0.5:50051` (HTTP/2 without TLS), `unix:/run/app.sock` or `unix:/run/app.sock:/v2`, or a host that takes the app\'s port.' }),
  weight: Type.Optional(Type.Number({ minimum: 0, default: 1, description: 'Its share of the requests, relative to the others. 0 drains it: no new requests.' })),
  ca: Type.Optional(Type.String({ description: 'For `https:`, the certificate authority that it is verified against: PEM text, or a file.' })),
  insecure: Type.Optional(Type.Boolean({ default: false, description: 'For `https:`, accept any certificate. Never in production.' })),
  http2: Type.Optional(Type.Boolean({ description: 'Speak HTTP/2 to it. The location\'s `http2` by default.' })),
}, { ...closed })

const UpstreamList = Type.Union([
  Type.String(),
  Type.Array(Type.Union([Type.String(), Upstream]), { minItems: 1 })
], { description: 'Where it runs: an address, or a list of addresses and `{ url, weight }`.' })

const OpenApi = Optional({
  mode: Type.Union([Type.Literal('paths'), Type.Literal('servers')], { default: 'paths', description: 'Where a document\'s public addresses are put together: `"paths"` prefixes every path, `"servers"` the servers.' }),
  documents: Type.Array(Type.String({ pattern: PATH_PATTERN }), { default: [], description: 'Paths of documents in the app, besides the known ones.' }),
  pages: Type.Array(Type.String({ pattern: PATH_PATTERN }), { default: [], description: 'Paths of pages in the app that show one, besides the known ones.' }),
  maxBytes: Size('A longer document or page is passed on as it is, and a YAML document above 1 MB.', '10MB'),
})

const locationFlags = {
  rewrite: Type.Optional(Type.Tuple([Type.String(), Type.String()], {
    description: '`[pattern, replacement]`: a regular expression on the public path, prefix included, and what it becomes, with `$1` groups. Instead of stripping the prefix; never applied to the query.',
  })),
  addSlashes: Type.Optional(Type.Boolean({ default: false, description: 'Add a trailing slash to the upstream path (never to the query).' })),
  fastapiRedirect: Type.Optional(Type.Boolean({ default: false, description: 'Follow the app\'s own 307 and 308 inside the gateway, instead of sending them to the client; with a body of up to 64 KB.' })),
  redirectCache: Type.Optional(Type.Boolean({ default: true, description: 'With `fastapiRedirect`: remember where a path led that lacks a slash or has one too many, 1000 of them for 5 minutes.' })),
  prefixAware: Type.Optional(Type.Boolean({ default: false, description: 'The app itself honours `X-Forwarded-Prefix`, or is configured with its public root: leave its redirects, cookies and documents alone.' })),
  cookiePath: Type.Optional(Type.Union([Type.Literal('rewrite'), Type.Literal('isolate'), Type.Literal('keep')], {
    default: 'rewrite', description: 'The paths of the app\'s cookies: `"rewrite"` makes `/x` `/prefix/x` and leaves `/`, `"isolate"` makes `/` the prefix too, `"keep"` leaves all.',
  })),
  openapi: Type.Optional(Type.Union([Type.Literal(false), OpenApi], { description: 'Rewriting of API documents and the pages that show them. `false` is off.' })),
  http2: Type.Optional(Type.Boolean({ default: false, description: 'Speak HTTP/2 to the upstreams, as gRPC needs it: to `https:` ones by ALPN, to the others with prior knowledge, which `h2c:` in an address says too. One that does not speak it is answered 502. WebSockets need HTTP/1.1.' })),
  addForwardedHost: Type.Optional(Type.Boolean({ default: true, description: 'Send `X-Forwarded-For`, `-Proto`, `-Host`, `-Port` and `-Prefix`.' })),
  rewriteHost: Type.Optional(Type.Union([Type.Boolean(), Type.Literal('auto')], {
    default: 'auto', description: 'The `Host` that the app sees: `true` its upstream\'s, `false` the client\'s, `"auto"` the client\'s for `http:` upstreams and the upstream\'s for `https:`.',
  })),
  httpClient: Type.Optional(Type.Union([Type.Literal('own'), Type.Literal('undici')], {
    default: 'own', description: 'Who speaks HTTP/1.1 to the upstreams: the gateway\'s own client, or undici, should an app work with that one only; undici sends no trailers and ends a connection at a `100 Continue` that was not asked for.',
  })),
  websocket: Type.Optional(Type.Boolean({ default: true, description: 'Tunnel WebSockets and what else a client wants to switch to with `Upgrade`, but not HTTP/2 without TLS (h2c). `false` refuses them with 403.' })),
  trace: Type.Optional(Type.Boolean({ default: false, description: 'Forward TRACE, which shows a client\'s request with what proxies have added. Otherwise it is refused with 405.' })),
  timeouts: Type.Optional(Optional({
    connect: Duration('To open a connection to an upstream. 0 is none.', '5s'),
    headers: Duration('From the request being sent to the head of the answer. 0 is none.', '60s'),
    body: Duration('Between two chunks of an answer; also for a client that stops sending its body, and three times as long for one that stops reading its answer. 0 is none.', '60s'),
    stream: Duration('The same for event streams, and for WebSockets in both directions. 0 is none.', 0),
    request: Duration('For the whole exchange, all tries included. 0 is none.', 0),
  }, { description: 'How long to wait for an upstream.' })),
  ...resilienceFlags,
}

const InlineApp = Type.Object({
  name: Type.String({ minLength: 1, description: 'What the app is called.' }),
  label: Type.Optional(Type.String({ minLength: 1, description: 'The last part of the name by default.' })),
  prefix: Type.Optional(Type.String({ description: 'First part of its public path, with or without slashes. The label by default, dots as underscores; `""` owns what nothing else does.' })),
  port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65535, description: 'The port that its bare hosts take.' })),
  upstreams: Type.Optional(UpstreamList),
  ...locationFlags,
}, closed)

const { name: _, ...appProperties } = InlineApp.properties

/** What an app may say of itself: `app.config.*`, or the `gateway` key of its `package.json`. */
export const ManifestSchema = Optional({
  $schema: Type.String(),
  name: InlineApp.properties.name,
  export: Type.Boolean({ description: '`true` gives the app a route even when it has no `urls` file and no `routes`; `false` gives it none.' }),
  ...appProperties,
})

const ExtraProxy = Type.Object({
  prefix: Type.String({ description: 'First part of its public path, with or without slashes; `""` owns what nothing else does.' }),
  url: Type.Optional(Type.String({ description: 'Its one address.' })),
  upstreams: Type.Optional(UpstreamList),
  ...locationFlags,
}, closed)

const discovery = {
  appsDir: Type.Optional(Type.String({ default: 'apps', description: 'Folder in which `installedApps` are looked up.' })),
  installedApps: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { default: [], description: 'The apps to find: names (`users`, `apps.users`), paths or package names; `"*"` is every folder in `appsDir`.' })),
  noExportApps: Type.Optional(Type.Array(Type.String(), { default: [], description: 'Apps that are found but given no route.' })),
  portMapFile: Type.Optional(Type.String({ description: 'JSON file with the address of each app, `{ "apps.users": "127.0.0.1:8001" }`, written by whatever starts them. `service_ports.json` when it exists.' })),
  apps: Type.Optional(Type.Array(InlineApp, { default: [], description: 'Apps given inline.' })),
  extraProxy: Type.Optional(Type.Array(ExtraProxy, { default: [], description: 'Locations that belong to no app.' })),
}

const addresses = {
  upstreams: Type.Optional(Type.Record(Type.String(), UpstreamList, { default: {}, description: 'By prefix: an address, or a list of addresses and `{ url, weight }`. A bare host takes the app\'s port.' })),
  defaultUpstream: Type.Optional(Type.String({ minLength: 1, default: '127.0.0.1', description: 'The host of an app that `upstreams` does not name.' })),
}

const StaticSite = Type.Object({
  root: Type.String({ minLength: 1, description: 'The folder, with the `index.html`. Dot files in it are never served.' }),
  prefix: Type.Optional(Type.String({ default: '/', description: 'First part of its public path; `/` is everything that no app owns.' })),
  spa: Type.Optional(Type.Boolean({ default: false, description: 'A single-page app: who navigates to what is no file gets `index.html`. A missing script or image stays 404.' })),
}, { ...closed, description: 'Files that are served beside the apps; off by default.' })

const Tls = Type.Object({
  cert: Type.String({ minLength: 1, description: 'The certificate, and behind it those that vouch for it: a file, or PEM text. `--tls-cert` of the command.' }),
  key: Type.String({ minLength: 1, description: 'Its private key, not encrypted: a file, or PEM text. `--tls-key` of the command.' }),
}, { ...closed, description: 'HTTPS to clients, with HTTP/2 and HTTP/1.1 on one port; off by default. Files are read again when they change. Only where the gateway makes the server by its command; with fastify-cli and in a server of your own it is that server\'s `https` (and `http2`), and without these the gateway does not start.' })

const wholeGateway = {
  addCorsHeaders: Type.Optional(Type.Boolean({ default: false, description: 'Answer CORS at the gateway: preflight requests never reach an app, and the `Access-Control-*` headers of the apps are replaced. In a server of your own, for the apps only.' })),
  allowedHosts: Type.Optional(Type.Array(Type.String(), {
    default: ['127.0.0.1', 'localhost'],
    description: 'Whose origins are allowed: `example.com` (with http and https, on any port), `.example.com` (its subdomains too), `example.com:8443` (on that port), `https://example.com` (that one origin: without a port, the scheme\'s own). `*` is any origin, without credentials.',
  })),
  trustedProxies: Type.Optional(Type.Array(Type.String(), { default: [], description: 'Addresses and CIDRs whose `X-Forwarded-*` and `Forwarded` are believed and appended to. From anyone else they are discarded.' })),
  static: Type.Optional(StaticSite),
  shutdown: Type.Optional(Optional({
    delay: Duration('How long the gateway goes on as before when it is told to stop, so that who balances over it learns of that: it is not ready, and answers close their connections. In a server of your own, make that with `return503OnClosing: false`.', 0),
    gracePeriod: Duration('How long requests under way may take to finish when the gateway stops.', '10s'),
  }, { description: 'Stopping.' })),
  tls: Type.Optional(Tls),
  server: Type.Optional(Optional({
    headersTimeout: Duration('For a client to send its request\'s head, and with `tls` for the handshake. HTTP/2 requests have no such limit: the next two hold for their connection.', '60s'),
    requestTimeout: Duration('For a client to send its whole request; not of HTTP/2. 0 is none.', 0),
    keepAliveTimeout: Duration('For an idle client connection.', '72s'),
    connectionTimeout: Duration('For a silent client connection. 0 is none.', 0),
    maxHeaderSize: Size('Of a request\'s head.', '16KB'),
  }, { description: 'Of the server, where the gateway makes it: its command and its fastify-cli entry.' })),
}

/** The options of the gateway, as users write them. */
export const GatewaySchema = Type.Object({
  $schema: Type.Optional(Type.String({ description: 'For editors: the address of this schema.' })),
  ...discovery,
  ...addresses,
  ...locationFlags,
  ...wholeGateway,
}, { ...closed, $id: 'gateway.schema.json', title: 'fastify-gateway', description: 'Options of fastify-gateway: the plugin, and gateway.config.*' })

/** The upstreams of one app, as users write them. */
export const UpstreamListSchema = UpstreamList
/** What `openapi` holds when it is on. */
export const openApiGroup = OpenApi

/** The options by the headings of docs/options.md. */
export const optionGroups = [
  { title: 'Which apps', properties: discovery },
  { title: 'Where they are', properties: addresses },
  { title: 'Location flags', properties: locationFlags },
  { title: 'The whole gateway', properties: wholeGateway },
  { title: 'An app: an entry of `apps`, or its manifest', properties: { name: InlineApp.properties.name, export: ManifestSchema.properties.export, ...appProperties } },
  { title: 'An entry of `extraProxy`', properties: ExtraProxy.properties },
  { title: 'An upstream', properties: Upstream.properties },
] satisfies { title: string, properties: Record<string, TSchema> }[]

export type GatewayOptions = Static<typeof GatewaySchema>
export type InlineAppOptions = Static<typeof InlineApp>
export type ExtraProxyOptions = Static<typeof ExtraProxy>
export type Manifest = Static<typeof ManifestSchema>
export type UpstreamOptions = Static<typeof Upstream>
export type UpstreamListOptions = Static<typeof UpstreamList>
/** Location flags as users write them, all optional. */
export type FlagOptions = Static<TObject<typeof locationFlags>>
/** The names of the flags, to tell them from an app's other properties. */
export const flagNames = Object.keys(locationFlags) as (keyof FlagOptions)[]
