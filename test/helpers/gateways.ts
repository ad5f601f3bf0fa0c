import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import t, { type Test } from 'tap'
import { options as serverOptions } from '../../app.ts'
import { createTlsOptions } from '../../cli/tls.ts'
import gateway, { type GatewayPluginOptions } from '../../index.ts'
import { resolveConfiguration } from '../../lib/configuration/resolve.ts'
import type { InlineAppOptions } from '../../lib/options/schema.ts'
import { loadPair } from '../../lib/tls/resolve.ts'
import standalone from '../../plugins/standalone.ts'
import { fixture } from './certificates.ts'
import { portOf } from './servers.ts'

/** A gateway that listens, until the test ends. */
export interface ListeningGateway {
  fastify: FastifyInstance
  port: number
  origin: string
}

/** The plugin in a host server, for `inject()`. */
export async function buildGateway (
  t: Test,
  options: GatewayPluginOptions,
  server: FastifyServerOptions = {}
): Promise<FastifyInstance> {
  const fastify = Fastify(server)
  t.teardown(() => fastify.close())
  await fastify.register(gateway, options)
  return fastify
}

/** The plugin in a host server, listening. */
export async function listenGateway (
  t: Test,
  options: GatewayPluginOptions,
  server?: FastifyServerOptions
): Promise<ListeningGateway> {
  const fastify = await buildGateway(t, { shutdown: { gracePeriod: 100 }, ...options }, server)
  const origin = await fastify.listen({ port: 0, host: '127.0.0.1' })
  return { fastify, origin, port: portOf(fastify.server) }
}

/** The gateway as its command runs it: standalone. */
export async function listenStandalone (
  t: Test,
  options: GatewayPluginOptions,
  server?: FastifyServerOptions
): Promise<ListeningGateway> {
  const fastify = Fastify({ ...serverOptions, ...server })
  t.teardown(() => fastify.close())
  const configuration = await resolveConfiguration({ shutdown: { gracePeriod: 100 }, ...options }, process.cwd())
  await fastify.register(standalone, { configuration })
  const origin = await fastify.listen({ port: 0, host: '127.0.0.1' })
  return { fastify, origin, port: portOf(fastify.server) }
}

/** A gateway in front of one app, mounted at `/app`. */
export async function startGateway (t: Test, upstreams: InlineAppOptions['upstreams'], flags: Partial<InlineAppOptions> = {}, server: FastifyServerOptions = {}): Promise<ListeningGateway> {
  return listenGateway(t, { apps: [{ name: 'app', upstreams, ...flags }] }, server)
}

/**
 * The gateway as its command runs it with `tls`: HTTP/2 and HTTP/1.1 on one port, with the certificate for `localhost`.
 */
export async function listenSecureStandalone (t: Test, options: GatewayPluginOptions): Promise<ListeningGateway> {
  const tls = { cert: fixture('name.cert'), key: fixture('name.key') }
  const configuration = await resolveConfiguration({ shutdown: { gracePeriod: 100 }, tls, ...options }, process.cwd())
  const fastify = Fastify({
    ...serverOptions,
    ...createTlsOptions(loadPair(configuration.options.tls!), configuration.options),
  })
  t.teardown(() => fastify.close())
  await fastify.register(standalone, { configuration })
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  const port = portOf(fastify.server)
  return { fastify, port, origin: `https://localhost:${port}` }
}

/** The gateway, listening, in one of the ways to run it. */
export type Listen = (t: Test, options: GatewayPluginOptions) => Promise<ListeningGateway>

/** Where a gateway may run. What a client sees must not depend on it. */
export const servers: ReadonlyArray<{ name: string, isOwn: boolean, listen: Listen }> = [
  { name: 'in a host server', isOwn: false, listen: (t, options) => listenGateway(t, options) },
  { name: 'standalone', isOwn: true, listen: listenStandalone },
]

/** One test for each way to run the gateway. */
export function onEachServer (title: string, run: (t: Test, listen: Listen, isOwn: boolean) => Promise<void>): void {
  for (const { name, listen, isOwn } of servers) t.test(`${title}, ${name}`, t => run(t, listen, isOwn))
}
