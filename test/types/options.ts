import type { GatewayOptions, GatewaySchema } from '../../index.ts'
import type { Static } from '@sinclair/typebox'
import { type Equal, expectType } from './expect.ts'

// Compiled by `npm run typecheck`, never run: the options, as `gateway.config.ts` writes them.

expectType<Equal<GatewayOptions, Static<typeof GatewaySchema>>>(true)

expectType<GatewayOptions>({})
expectType<GatewayOptions>({
  appsDir: './apps',
  installedApps: ['*'],
  noExportApps: ['apps.internal'],
  portMapFile: 'ports.json',
  apps: [
    { name: 'users', prefix: '', port: 8001, upstreams: 'h2c://10.0.0.1:8001', http2: true },
    { name: 'shop', rewrite: ['^/shop/(.*)', '/$1'], rewriteHost: 'auto', cookiePath: 'isolate', timeouts: { connect: '2s', headers: 1000 } },
  ],
  extraProxy: [{ prefix: 'docs', url: 'https://docs.example.com' }],
  upstreams: { users: ['10.0.0.1', { url: '10.0.0.2', weight: 0 }] },
  defaultUpstream: 'localhost',
  openapi: false,
  limits: { maxConnections: 10 },
  shutdown: { gracePeriod: '5s' },
})

// Every flag of a location stands at the top level, too.
type AppFlags = Omit<NonNullable<GatewayOptions['apps']>[number], 'name' | 'label' | 'prefix' | 'port' | 'upstreams'>
expectType<Equal<AppFlags, Pick<GatewayOptions, keyof AppFlags>>>(true)

// @ts-expect-error -- an option that there is not: the typo is found before the server starts
expectType<GatewayOptions>({ app: [] })
// @ts-expect-error -- the same, in an app
expectType<GatewayOptions>({ apps: [{ name: 'users', addSlash: true }] })
// @ts-expect-error -- the same, in a group
expectType<GatewayOptions>({ timeouts: { conect: '1s' } })
// @ts-expect-error -- one of "rewrite", "isolate" and "keep"
expectType<GatewayOptions>({ cookiePath: 'drop' })
// @ts-expect-error -- a pattern and its replacement
expectType<GatewayOptions>({ rewrite: ['^/shop'] })
// @ts-expect-error -- `false`, or a group
expectType<GatewayOptions>({ openapi: 8080 })
// @ts-expect-error -- a list
expectType<GatewayOptions>({ apps: { name: 'users' } })
// @ts-expect-error -- a number
expectType<GatewayOptions>({ apps: [{ name: 'users', port: '8001' }] })
// @ts-expect-error -- functions are no configuration: they are in `hooks` of the plugin's options
expectType<GatewayOptions>({ hooks: {} })
