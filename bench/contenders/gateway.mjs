import { parseArgs } from 'node:util'
import Fastify, { LogController } from 'fastify'
import gateway from '../../dist/index.js'
import { announce } from '../announce.mjs'

// This project as it is built, with every default on and request logging off:
// `gateway.mjs [--balancer NAME] [--max-connections COUNT] UPSTREAM...`
const { values: { balancer, 'max-connections': maxConnections }, positionals: upstreams } = parseArgs({
  allowPositionals: true,
  options: { balancer: { type: 'string' }, 'max-connections': { type: 'string' } },
})
const limits = maxConnections === undefined ? {} : { limits: { maxConnections: Number(maxConnections) } }
const fastify = Fastify({ logController: new LogController({ disableRequestLogging: true }) })
await fastify.register(gateway, { apps: [{ name: 'bench', upstreams, balancer, ...limits }] })
await fastify.listen({ port: 0, host: '127.0.0.1' })
announce([fastify.server])
