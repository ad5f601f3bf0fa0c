import Fastify, { type FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import gateway from '../../index.ts'
import type { InlineAppOptions } from '../../lib/options/schema.ts'
import type { Dispatcher } from '../../lib/dispatch/dispatcher.ts'
import { portOf } from '../helpers/servers.ts'

/** A gateway in front of one app, mounted at `/app`, and its dispatcher. */
export interface OpenGateway {
  fastify: FastifyInstance
  port: number
  dispatcher: Dispatcher
}

/** The plugin in a host server, listening. */
export async function openGateway (t: Test, upstreams: InlineAppOptions['upstreams'], flags: Partial<InlineAppOptions> = {}): Promise<OpenGateway> {
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  const dispatchers: Dispatcher[] = []
  // Each location is a scope of its own, and is given its dispatcher.
  fastify.addHook('onRegister', (_scope, options) => {
    if ('dispatcher' in options) dispatchers.push(options.dispatcher as Dispatcher)
  })
  await fastify.register(gateway, { apps: [{ name: 'app', upstreams, ...flags }], shutdown: { gracePeriod: 100 } })
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  return { fastify, port: portOf(fastify.server), dispatcher: dispatchers[0]! }
}
