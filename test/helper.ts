import { once } from 'node:events'
import http, { type RequestListener } from 'node:http'
import net, { type AddressInfo, type Socket } from 'node:net'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import type { Test } from 'tap'
import { options as serverOptions } from '../app.ts'
import gateway, { type GatewayPluginOptions } from '../index.ts'
import { resolveConfiguration } from '../lib/configuration/resolve.ts'
import standalone from '../plugins/standalone.ts'

/** A server of `node:http` on a free port, closed with the test. Resolves to its origin. */
export async function startUpstream (t: Test, listener: RequestListener): Promise<string> {
  const server = http.createServer(listener)
  await listen(t, server)
  t.teardown(() => server.closeAllConnections())
  return `http://127.0.0.1:${portOf(server)}`
}

/** A server of bytes: whatever `onConnection` does with its sockets. For upstreams that lie, hang and reset. */
export async function startRawUpstream (t: Test, onConnection: (socket: Socket) => void, options: net.ServerOpts = {}): Promise<string> {
  const sockets = new Set<Socket>()
  const server = net.createServer(options, socket => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    onConnection(socket)
  })
  await listen(t, server)
  t.teardown(() => sockets.forEach(socket => socket.destroy()))
  return `http://127.0.0.1:${portOf(server)}`
}

/** A raw upstream that answers every connection's first bytes with `answer`, and ends the connection when asked to. */
export async function startCannedUpstream (t: Test, answer: string | Buffer, { end = false } = {}): Promise<string> {
  return startRawUpstream(t, socket => socket.once('data', () => {
    socket.write(answer)
    if (end) socket.end()
  }))
}

/** The plugin in a server that is not the gateway's own. */
export async function buildGateway (t: Test, options: GatewayPluginOptions, server: FastifyServerOptions = {}): Promise<FastifyInstance> {
  const fastify = Fastify(server)
  t.teardown(() => fastify.close())
  await fastify.register(gateway, options)
  return fastify
}

/** The plugin in somebody else's server, listening. */
export async function listenGateway (t: Test, options: GatewayPluginOptions, server?: FastifyServerOptions): Promise<{ fastify: FastifyInstance, port: number, origin: string }> {
  const fastify = await buildGateway(t, { shutdown: { gracePeriod: 100 }, ...options }, server)
  const origin = await fastify.listen({ port: 0, host: '127.0.0.1' })
  return { fastify, origin, port: portOf(fastify.server) }
}

/** The gateway as its command runs it: on a server of its own. */
export async function listenOwnServer (t: Test, options: GatewayPluginOptions, server?: FastifyServerOptions): Promise<{ fastify: FastifyInstance, port: number, origin: string }> {
  const fastify = Fastify({ ...serverOptions, ...server })
  t.teardown(() => fastify.close())
  const configuration = await resolveConfiguration({ shutdown: { gracePeriod: 100 }, ...options }, process.cwd())
  await fastify.register(standalone, { configuration })
  const origin = await fastify.listen({ port: 0, host: '127.0.0.1' })
  return { fastify, origin, port: portOf(fastify.server) }
}

/** A client of bytes. `received()` is everything so far; `until` waits for it to match. */
export interface RawClient {
  socket: Socket
  write (data: string | Buffer): void
  received (): string
  until (pattern: RegExp): Promise<string>
  /** Resolves to everything, when the other end has closed. */
  closed (): Promise<string>
}

/** Bytes are latin1 characters, one each. */
export async function connectRaw (t: Test, port: number, options: Partial<net.TcpNetConnectOpts> = {}): Promise<RawClient> {
  const socket = net.connect({ ...options, port, host: '127.0.0.1' })
  t.teardown(() => socket.destroy())
  let text = ''
  socket.setMaxListeners(0)
  socket.on('data', chunk => { text += chunk.toString('latin1') }).on('error', () => {})
  await once(socket, 'connect')
  return {
    socket,
    write: data => { socket.write(data, 'latin1') },
    received: () => text,
    async until (pattern) {
      while (!pattern.test(text)) {
        if (socket.destroyed) throw new Error(`closed before ${pattern}: ${JSON.stringify(text)}`)
        await Promise.race([once(socket, 'data'), once(socket, 'close')])
      }
      return text
    },
    async closed () {
      if (!socket.closed) await once(socket, 'close')
      return text
    },
  }
}

async function listen (t: Test, server: net.Server): Promise<void> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
}

export function portOf (server: net.Server): number {
  return (server.address() as AddressInfo).port
}
