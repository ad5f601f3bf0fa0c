import Fastify from 'fastify'
import type { Test } from 'tap'
import gateway, { type GatewayOptions } from '../../index.ts'

/** A server with nothing but the gateway in it, on a free port until the test ends. */
export async function startGateway (t: Test, options: GatewayOptions): Promise<string> {
  const fastify = Fastify({ forceCloseConnections: true })
  t.teardown(() => fastify.close())
  await fastify.register(gateway, options)
  return fastify.listen({ port: 0, host: '127.0.0.1' })
}
