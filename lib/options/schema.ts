import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { locationFlags } from './location-flags.ts'
import { closed, Duration, Optional, Size } from './schema-parts.ts'

// The one description of every option. The static types, the defaults, the validation at registration, the tables in
// docs/options.md and schema/gateway.schema.json are all made from it. It holds the options that work today, no others.

const Upstream = Type.Object({
  url: Type.String({
    description: 'Its address: `http://10.0.0.5:8001`, `https://api.example.com/v2` (the path is a base), ' +
      '`h2c://10.0.0.5:50051` (HTTP/2 without TLS), `unix:/run/app.sock` or `unix:/run/app.sock:/v2`, or a host ' +
      'that takes the app\'s port.',
  }),
  weight: Type.Optional(Type.Number({
    minimum: 0,
    default: 1,
    description: 'Its share of the requests, relative to the others. 0 drains it: no new requests.',
  })),
  ca: Type.Optional(Type.String({
    description: 'For `https:`, the certificate authority that it is verified against: PEM text, or a file.',
  })),
  insecure: Type.Optional(Type.Boolean({
    default: false, description: 'For `https:`, accept any certificate. Never in production.',
  })),
  http2: Type.Optional(Type.Boolean({ description: 'Speak HTTP/2 to it. The location\'s `http2` by default.' })),
}, { ...closed })

/** The upstreams of one app. */
export const UpstreamListSchema = Type.Union([
  Type.String(),
  Type.Array(Type.Union([Type.String(), Upstream]), { minItems: 1 })
], { description: 'Where it runs: an address, or a list of addresses and `{ url, weight }`.' })

const InlineApp = Type.Object({
  name: Type.String({ minLength: 1, description: 'The name of the app.' }),
  label: Type.Optional(Type.String({ minLength: 1, description: 'The last part of the name by default.' })),
  prefix: Type.Optional(Type.String({
    description: 'First part of its public path, with or without slashes. The label by default, dots as ' +
      'underscores; `""` gets what no other prefix matches.',
  })),
  port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65535, description: 'The port of its bare hosts.' })),
  upstreams: Type.Optional(UpstreamListSchema),
  ...locationFlags,
}, closed)

const { name: _, ...appProperties } = InlineApp.properties

/** An app's manifest: `app.config.*`, or the `gateway` key of its `package.json`. */
export const ManifestSchema = Optional({
  $schema: Type.String(),
  name: InlineApp.properties.name,
  export: Type.Boolean({
    description: '`true` gives the app a route even when it has no `urls` file and no `routes`; `false` gives it none.',
  }),
  ...appProperties,
})

const ExtraProxy = Type.Object({
  prefix: Type.String({
    description: 'First part of its public path, with or without slashes; `""` gets what no other prefix matches.',
  }),
  url: Type.Optional(Type.String({ description: 'Its one address.' })),
  upstreams: Type.Optional(UpstreamListSchema),
  ...locationFlags,
}, closed)

const discovery = {
  appsDir: Type.Optional(Type.String({
    default: 'apps', description: 'Folder in which `installedApps` are looked up.',
  })),
  installedApps: Type.Optional(Type.Array(Type.String({ minLength: 1 }), {
    default: [],
    description: 'The apps to find: names (`users`, `apps.users`), paths or package names; `"*"` is every folder ' +
      'in `appsDir`.',
  })),
  noExportApps: Type.Optional(Type.Array(Type.String(), {
    default: [], description: 'Apps that are found but given no route.',
  })),
  portMapFile: Type.Optional(Type.String({
    description: 'JSON file with the address of each app, `{ "apps.users": "127.0.0.1:8001" }`, written by the ' +
      'program that starts them. `service_ports.json` when it exists.',
  })),
  apps: Type.Optional(Type.Array(InlineApp, { default: [], description: 'Apps given inline.' })),
  extraProxy: Type.Optional(Type.Array(ExtraProxy, { default: [], description: 'Locations that belong to no app.' })),
}

const addresses = {
  upstreams: Type.Optional(Type.Record(Type.String(), UpstreamListSchema, {
    default: {},
    description: 'By prefix: an address, or a list of addresses and `{ url, weight }`. A bare host takes the ' +
      'app\'s port.',
  })),
  defaultUpstream: Type.Optional(Type.String({
    minLength: 1, default: '127.0.0.1', description: 'The host of an app that `upstreams` does not name.',
  })),
}

const StaticSite = Type.Object({
  root: Type.String({
    minLength: 1, description: 'The folder, with the `index.html`. Dot files in it are never served.',
  }),
  prefix: Type.Optional(Type.String({
    default: '/', description: 'First part of its public path; `/` is everything that no app owns.',
  })),
  spa: Type.Optional(Type.Boolean({
    default: false,
    description: 'A single-page app: navigation to a path without a file gets `index.html`. A missing script or ' +
      'image stays 404.',
  })),
}, { ...closed, description: 'Files that are served beside the apps; off by default.' })

const Tls = Type.Object({
  cert: Type.String({
    minLength: 1,
    description: 'The certificate, followed by its intermediate certificates: a file, or PEM text. `--tls-cert` ' +
      'of the command.',
  }),
  key: Type.String({
    minLength: 1, description: 'Its private key, not encrypted: a file, or PEM text. `--tls-key` of the command.',
  }),
}, {
  ...closed,
  description: 'HTTPS to clients, with HTTP/2 and HTTP/1.1 on one port; off by default. Files are read again when ' +
    'they change. Only where the gateway makes the server by its command; with fastify-cli and in a server of ' +
    'your own it is that server\'s `https` (and `http2`), and without these the gateway does not start.',
})

const wholeGateway = {
  addCorsHeaders: Type.Optional(Type.Boolean({
    default: false,
    description: 'Handle CORS in the gateway: preflight requests never reach an app, and the `Access-Control-*` ' +
      'headers of the apps are replaced. In a server of your own, for the apps only.',
  })),
  allowedHosts: Type.Optional(Type.Array(Type.String(), {
    default: ['127.0.0.1', 'localhost'],
    description: 'Hosts whose origins are allowed: `example.com` (with http and https, on any port), ' +
      '`.example.com` (its subdomains too), `example.com:8443` (on that port), `https://example.com` (that one ' +
      'origin: without a port, the scheme\'s own). `*` is any origin, without credentials.',
  })),
  trustedProxies: Type.Optional(Type.Array(Type.String(), {
    default: [],
    description: 'Addresses and CIDRs whose `X-Forwarded-*` and `Forwarded` are trusted and appended to. From ' +
      'other addresses they are discarded.',
  })),
  static: Type.Optional(StaticSite),
  shutdown: Type.Optional(Optional({
    delay: Duration(
      'How long the gateway goes on serving after the signal to stop, so that a load balancer in front notices: ' +
      'it is not ready, and responses close their connections. A server of your own needs `return503OnClosing: ' +
      'false` for that.', 0
    ),
    gracePeriod: Duration('How long in-flight requests may take to finish when the gateway stops.', '10s'),
  }, { description: 'Stopping.' })),
  tls: Type.Optional(Tls),
  server: Type.Optional(Optional({
    headersTimeout: Duration(
      'For a client to send its request head, and with `tls` for the handshake. HTTP/2 requests have no such ' +
      'limit: the next two hold for their connection.', '60s'
    ),
    requestTimeout: Duration('For a client to send its whole request; not with HTTP/2. 0 is none.', 0),
    keepAliveTimeout: Duration('For an idle client connection.', '72s'),
    connectionTimeout: Duration('For a silent client connection. 0 is none.', 0),
    maxHeaderSize: Size('Of a request head.', '16KB'),
  }, { description: 'Of the server, where the gateway makes it: its command and its fastify-cli entry.' })),
}

/** The options of the gateway, as users write them. */
export const GatewaySchema = Type.Object({
  $schema: Type.Optional(Type.String({ description: 'For editors: the address of this schema.' })),
  ...discovery,
  ...addresses,
  ...locationFlags,
  ...wholeGateway,
}, {
  ...closed,
  $id: 'gateway.schema.json',
  title: 'fastify-gateway',
  description: 'Options of fastify-gateway: the plugin, and gateway.config.*',
})

/** The options by their headings in docs/options.md. */
export const optionGroups = [
  { title: 'Which apps', properties: discovery },
  { title: 'Where they are', properties: addresses },
  { title: 'Location flags', properties: locationFlags },
  { title: 'The whole gateway', properties: wholeGateway },
  {
    title: 'An app: an entry of `apps`, or its manifest',
    properties: { name: InlineApp.properties.name, export: ManifestSchema.properties.export, ...appProperties },
  },
  { title: 'An entry of `extraProxy`', properties: ExtraProxy.properties },
  { title: 'An upstream', properties: Upstream.properties },
] satisfies { title: string, properties: Record<string, TSchema> }[]

export type GatewayOptions = Static<typeof GatewaySchema>
export type InlineAppOptions = Static<typeof InlineApp>
export type ExtraProxyOptions = Static<typeof ExtraProxy>
export type Manifest = Static<typeof ManifestSchema>
export type UpstreamOptions = Static<typeof Upstream>
export type UpstreamListOptions = Static<typeof UpstreamListSchema>
