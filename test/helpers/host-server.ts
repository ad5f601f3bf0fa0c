import Fastify, { type FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import gateway, { type GatewayPluginOptions } from '../../index.ts'
import { portOf } from './servers.ts'
import { startUpstream } from './upstreams.ts'

/** A host server with a gateway in it; `before` and `behind` register the host's own parts. */
export async function startHost (
  t: Test,
  options: GatewayPluginOptions,
  {
    before,
    behind,
  }: { before?: (fastify: FastifyInstance) => unknown; behind?: (fastify: FastifyInstance) => unknown } = {}
) {
  const fastify = Fastify({ return503OnClosing: false })
  t.teardown(() => fastify.close())
  await before?.(fastify)
  await fastify.register(gateway, options)
  await behind?.(fastify)
  return fastify
}

export async function listenHost (fastify: FastifyInstance): Promise<number> {
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  return portOf(fastify.server)
}

/** What an app gets of a request's headers, as it came. */
export function startEcho (t: Test): Promise<string> {
  return startUpstream(t, (request, response) => response.setHeader('content-type', 'application/json').end(JSON.stringify(request.rawHeaders)))
}
