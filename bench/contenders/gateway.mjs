import { parseArgs } from 'node:util'
import Fastify, { LogController } from 'fastify'
import gateway from '../../dist/index.js'
import { announce } from '../announce.mjs'

// This project as it is built, with every default on and Fastify's logger off: `gateway.mjs [--balancer NAME] UPSTREAM...`
const { values, positionals } = parseArgs({ allowPositionals: true, options: { balancer: { type: 'string' } } })
const fastify = Fastify({ logController: new LogController({ disableRequestLogging: true }) })
await fastify.register(gateway, { apps: [{ name: 'bench', upstreams: positionals, ...values }] })
await fastify.listen({ port: 0, host: '127.0.0.1' })
announce([fastify.server])
