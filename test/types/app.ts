import Fastify, { type FastifyPluginAsync, type FastifyServerOptions } from 'fastify'
import app, { type AppOptions, options } from '../../app.ts'
import { expectType } from './expect.ts'

// Compiled by `npm run typecheck`, never run: the entry of `fastify start`, used from code.

expectType<FastifyPluginAsync<AppOptions>>(app)
expectType<FastifyServerOptions>(options)

const fastify = Fastify({ ...options, logger: true })
await fastify.register(app, { config: 'gateway.config.json' })
await fastify.register(app, { config: false, overrides: { defaultUpstream: 'localhost' } })
await fastify.register(app, {})
expectType<boolean>(fastify.gateway.isReady())

// @ts-expect-error -- a file, or `false`
await fastify.register(app, { config: true })
// @ts-expect-error -- options of the gateway
await fastify.register(app, { overrides: { apps: 'users' } })
