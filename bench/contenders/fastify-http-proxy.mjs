import { parseArgs } from 'node:util'
import proxy from '@fastify/http-proxy'
import Fastify, { LogController } from 'fastify'
import { announce } from '../announce.mjs'

// What Fastify users have today, request logging off: its defaults, and WebSockets, which the gateway tunnels by
// default. `fastify-http-proxy.mjs [--max-connections COUNT] UPSTREAM`; the default of 128 is
// @fastify/reply-from's.
const { values: { 'max-connections': connections = 128 }, positionals: [upstream] } = parseArgs({
  allowPositionals: true,
  options: { 'max-connections': { type: 'string' } },
})
const fastify = Fastify({ logController: new LogController({ disableRequestLogging: true }) })
await fastify.register(proxy, {
  upstream, prefix: '/bench', rewritePrefix: '/bench', websocket: true, undici: { connections: Number(connections) },
})
await fastify.listen({ port: 0, host: '127.0.0.1' })
announce([fastify.server])
