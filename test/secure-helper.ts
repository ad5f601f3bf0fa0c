import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import http2, { type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders, type OutgoingHttpHeaders, type SecureClientSessionOptions } from 'node:http2'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { options as serverOptions } from '../app.ts'
import { createTlsOptions } from '../cli/tls.ts'
import type { GatewayPluginOptions } from '../index.ts'
import { resolveConfiguration } from '../lib/configuration/resolve.ts'
import { loadPair } from '../lib/tls/resolve.ts'
import standalone from '../plugins/standalone.ts'
import { portOf } from './helper.ts'

/** Certificates of test/fixtures/tls, by the name that they are for. */
export type CertificateName = 'name' | 'address' | 'expired'

export function fixture (name: `${CertificateName}.${'cert' | 'key'}`): string {
  return readFileSync(new URL(`fixtures/tls/${name}.pem`, import.meta.url), 'utf8')
}

/** The gateway as its command runs it with `tls`: HTTP/2 and HTTP/1.1 on one port, with the certificate for `localhost`. */
export async function listenSecureServer (t: Test, options: GatewayPluginOptions): Promise<{ fastify: FastifyInstance, port: number, origin: string }> {
  const tls = { cert: fixture('name.cert'), key: fixture('name.key') }
  const configuration = await resolveConfiguration({ shutdown: { gracePeriod: 100 }, tls, ...options }, process.cwd())
  const fastify = Fastify({ ...serverOptions, ...createTlsOptions(loadPair(configuration.options.tls!), configuration.options) })
  t.teardown(() => fastify.close())
  await fastify.register(standalone, { configuration })
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  const port = portOf(fastify.server)
  return { fastify, port, origin: `https://localhost:${port}` }
}

/** An HTTP/2 connection that has its settings, ended with the test. */
export async function connectHttp2 (t: Test, origin: string, options: SecureClientSessionOptions = {}): Promise<ClientHttp2Session> {
  const session = http2.connect(origin, { ca: [fixture('name.cert'), fixture('address.cert')], ...options })
  session.on('error', () => {})
  t.teardown(() => session.destroy())
  await once(session, 'remoteSettings')
  return session
}

export interface Http2Answer {
  status: number | undefined
  headers: IncomingHttpHeaders
  body: string
}

/** A request without a body. Rejects when its stream, or its connection, breaks off. */
export async function askHttp2 (session: ClientHttp2Session, path: string, headers: OutgoingHttpHeaders = {}): Promise<Http2Answer> {
  return await readAnswer(session.request({ ':path': path, ...headers }))
}

export async function readAnswer (stream: ClientHttp2Stream): Promise<Http2Answer> {
  stream.end()
  // A stream that is closed without an error says so by nothing else.
  const closed = once(stream, 'close').then(() => { throw new Error(`closed without an answer: ${stream.rstCode}`) })
  closed.catch(() => {})
  const [headers] = await Promise.race([once(stream, 'response'), closed]) as [IncomingHttpHeaders & { ':status'?: number }]
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return { status: headers[':status'], headers, body: Buffer.concat(chunks).toString() }
}
