import proxy from '@fastify/http-proxy'
import Fastify, { LogController } from 'fastify'
import { announce } from '../announce.mjs'

// What Fastify users have today, with the defaults but for WebSockets, which the gateway tunnels without being asked.
const [upstream] = process.argv.slice(2)
const fastify = Fastify({ logController: new LogController({ disableRequestLogging: true }) })
await fastify.register(proxy, { upstream, prefix: '/bench', rewritePrefix: '/bench', websocket: true })
await fastify.listen({ port: 0, host: '127.0.0.1' })
announce([fastify.server])
