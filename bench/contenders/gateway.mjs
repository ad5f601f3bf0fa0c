import { parseArgs } from 'node:util'
import Fastify, { LogController } from 'fastify'
import gateway from '../../dist/index.js'
import { announce } from '../announce.mjs'

// This project as it is built, with every default on and request logging off:
// `gateway.mjs [--balancer NAME] [--max-connections COUNT] [--prefixes COUNT] UPSTREAM...`, where all prefixes have these upstreams, and
// `bench` is in their middle. It tells how long it took from registering to listening, in milliseconds.
const { values, positionals: upstreams } = parseArgs({
  allowPositionals: true,
  options: { balancer: { type: 'string' }, 'max-connections': { type: 'string' }, prefixes: { type: 'string', default: '1' } },
})
const { balancer, 'max-connections': maxConnections } = values
const limits = maxConnections === undefined ? {} : { limits: { maxConnections: Number(maxConnections) } }
const prefixes = Number(values.prefixes)
const names = Array.from({ length: prefixes }, (_, index) => index === prefixes >> 1 ? 'bench' : `app-${index}`)

const fastify = Fastify({ logController: new LogController({ disableRequestLogging: true }) })
const startedAt = performance.now()
await fastify.register(gateway, { apps: names.map(name => ({ name, upstreams, balancer, ...limits })) })
await fastify.listen({ port: 0, host: '127.0.0.1' })
announce([fastify.server], { prefixes, startMs: performance.now() - startedAt })
