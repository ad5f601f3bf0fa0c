import { parseArgs } from 'node:util'
import Fastify, { LogController } from 'fastify'
import { options } from '../../dist/app.js'
import gateway from '../../dist/index.js'
import { resolveConfiguration } from '../../dist/lib/configuration/resolve.js'
import standalone from '../../dist/plugins/standalone.js'
import { announce } from '../announce.mjs'

// This project as it is built, with every default on and request logging off: `gateway.mjs [--balancer NAME]
// [--max-connections COUNT] [--prefixes COUNT] [--standalone] UPSTREAM...`, where all prefixes have these upstreams,
// and `bench` is in their middle; on a server as the command makes it, or as a plugin in one. It announces the time
// from registering to listening, in milliseconds.
const { values, positionals: upstreams } = parseArgs({
  allowPositionals: true,
  options: { balancer: { type: 'string' }, 'max-connections': { type: 'string' }, prefixes: { type: 'string', default: '1' }, standalone: { type: 'boolean', default: false } },
})
const { balancer, 'max-connections': maxConnections } = values
const limits = maxConnections === undefined ? {} : { limits: { maxConnections: Number(maxConnections) } }
const prefixes = Number(values.prefixes)
const names = Array.from({ length: prefixes }, (_, index) => index === prefixes >> 1 ? 'bench' : `app-${index}`)

const apps = names.map(name => ({ name, upstreams, balancer, ...limits }))
const fastify = values.standalone
  ? Fastify(options)
  : Fastify({ logController: new LogController({ disableRequestLogging: true }) })
const startedAt = performance.now()
const configuration = await resolveConfiguration({ apps }, process.cwd())
if (values.standalone) await fastify.register(standalone, { configuration })
else await fastify.register(gateway, { apps })
await fastify.listen({ port: 0, host: '127.0.0.1' })
announce([fastify.server], { prefixes, startMs: performance.now() - startedAt })
