import { once } from 'node:events'
import http2, { type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import type { Test } from 'tap'
import gateway, { type GatewayPluginOptions } from '../../index.ts'
import { portOf } from '../helper.ts'

/** The gateway in somebody's server that speaks HTTP/2 without TLS, and a client's connection to it. */
export async function connectHttp2 (t: Test, options: GatewayPluginOptions, server: FastifyServerOptions = {}, before: (fastify: FastifyInstance) => void = () => {}): Promise<{ fastify: FastifyInstance, session: ClientHttp2Session, origin: string, port: number, close: () => Promise<void> }> {
  const fastify = Fastify({ http2: true, ...server } as FastifyServerOptions)
  t.teardown(() => fastify.close())
  before(fastify)
  await fastify.register(gateway, { shutdown: { gracePeriod: 100 }, ...options })
  const origin = await fastify.listen({ port: 0, host: '127.0.0.1' })
  const port = portOf(fastify.server)
  const session = http2.connect(origin)
  session.on('error', () => {})
  t.teardown(() => session.destroy())
  await once(session, 'connect')
  return { fastify, session, origin, port, close: async () => { await fastify.close() } }
}

/** What came back on a stream. */
export interface Http2Reply {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
  trailers: IncomingHttpHeaders | undefined
  interim: IncomingHttpHeaders[]
}

/** Reads a stream to its end; rejects when it is reset. */
export async function readReply (stream: ClientHttp2Stream): Promise<Http2Reply> {
  const interim: IncomingHttpHeaders[] = []
  let trailers: IncomingHttpHeaders | undefined
  stream.on('headers', headers => interim.push(headers)).on('trailers', headers => { trailers = headers })
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  const ended = once(stream, 'close')
  const [headers] = await once(stream, 'response') as [IncomingHttpHeaders & { ':status'?: number }]
  await ended
  if (stream.rstCode !== 0) throw new Error(`reset with ${stream.rstCode}`)
  return { status: headers[':status']!, headers, body: Buffer.concat(chunks), trailers, interim }
}

/** Asks on a session, and reads the answer. */
export async function ask (session: ClientHttp2Session, headers: OutgoingHttpHeaders, body?: Buffer | string): Promise<Http2Reply> {
  const stream = session.request(headers, { endStream: body === undefined })
  if (body !== undefined) stream.end(body)
  return readReply(stream)
}
