import Fastify, { type FastifyInstance, type FastifyPluginAsync, type FastifyRequest } from 'fastify'
import gateway, { type Configuration, type Gateway, type GatewayHooks, type GatewayOptions, type GatewayPluginOptions } from '../../index.ts'
import { type Equal, expectType } from './expect.ts'

// Compiled by `npm run typecheck`, never run: how a server written in TypeScript uses the plugin.

expectType<FastifyPluginAsync<GatewayPluginOptions>>(gateway)

const fastify = Fastify()
await fastify.register(gateway)
await fastify.register(gateway, { apps: [{ name: 'users', upstreams: ['http://10.0.0.1:8001', { url: 'http://10.0.0.2:8001', weight: 3 }] }] })
await fastify.register(gateway, { apps: [{ name: 'users', port: 8001, addSlashes: true }], hooks: { requestId: request => request.ip } })
// As with every plugin of Fastify, there may be a prefix, and options may be made from the instance.
await fastify.register(gateway, { prefix: '/api', installedApps: ['*'] })
await fastify.register(gateway, (parent: FastifyInstance) => ({ defaultUpstream: parent.prefix }))

// @ts-expect-error -- a name is a string
await fastify.register(gateway, { apps: [{ name: 1 }] })
// @ts-expect-error -- an app has a name
await fastify.register(gateway, { apps: [{ upstreams: 'http://10.0.0.1:8001' }] })
// @ts-expect-error -- no function is a string
await fastify.register(gateway, { hooks: { requestId: 'x' } })

// The one decorator in the server's scope.
expectType<Gateway>(fastify.gateway)
expectType<boolean>(fastify.gateway.isReady())
expectType<Equal<ReturnType<Gateway['setUpstreams']>, void>>(true)
fastify.gateway.setUpstreams('/users', [{ url: 'http://10.0.0.1:8001', weight: 0 }])
fastify.gateway.setUpstreams('/users', 'http://10.0.0.1:8001')
// @ts-expect-error -- a weight is a number
fastify.gateway.setUpstreams('/users', [{ url: 'http://10.0.0.1:8001', weight: '0' }])
// @ts-expect-error -- upstreams are needed
fastify.gateway.setUpstreams('/users')

const configuration: Configuration = fastify.gateway
expectType<string[]>(configuration.locations.map(({ prefix }) => prefix))
expectType<string[]>(configuration.apps.map(({ name }) => name))
// @ts-expect-error -- the routing table is not changed from outside
configuration.locations.push(configuration.locations[0]!)

expectType<((request: FastifyRequest) => string) | undefined>({} as GatewayHooks['requestId'])
// Callbacks are none of a configuration file's options.
expectType<Equal<Omit<GatewayPluginOptions, 'hooks'>, GatewayOptions>>(true)
