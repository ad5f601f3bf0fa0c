import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import http2, { type Http2Server, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { Http2Transport } from '../../../../lib/transport/http2/http2-transport.ts'
import type { MonitorTimes } from '../../../../lib/transport/http2/session-monitor.ts'
import type { UpstreamTarget } from '../../../../lib/location.ts'
import type { RawText } from '../../../../lib/headers/response.ts'
import type { ConnectionSettings } from '../../../../lib/transport/transport.ts'
import type { OutgoingRequest, Transport, TransportHandler } from '../../../../lib/transport/transport.ts'
import { portOf } from '../../../helpers/servers.ts'
import { createTarget } from '../../locations.ts'
import { GET } from '../transport.ts'

export type StreamListener = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, rawHeaders: string[]) => void

export interface Http2Upstream {
  origin: string
  /** All that were opened, the closed ones too. */
  sessions: ServerHttp2Session[]
  streams: ServerHttp2Stream[]
}

/** Certificate and key of `name` (upstream.test) or `address` (127.0.0.1), for a server. */
export function identity (name: 'name' | 'address'): { cert: string, key: string } {
  return { cert: pem(`${name}.cert`), key: pem(`${name}.key`) }
}

export function pem (name: string): string {
  return readFileSync(new URL(`../../../fixtures/tls/${name}.pem`, import.meta.url), 'utf8')
}

/** A path for a Unix socket, short enough to be one: a test's own folder is not. */
export function socketPathFor (t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return join(folder, 'app.sock')
}

/** An HTTP/2 server without TLS, closed with the test. */
export async function startHttp2 (
  t: Test,
  listener: StreamListener,
  options: http2.ServerOptions = {}
): Promise<Http2Upstream> {
  return await watch(t, http2.createServer(options), listener, 'http')
}

/** The same in TLS, at 127.0.0.1. */
export async function startSecureHttp2 (
  t: Test,
  listener: StreamListener,
  options: http2.SecureServerOptions = {}
): Promise<Http2Upstream> {
  return await watch(t, http2.createSecureServer({ ...identity('address'), ...options }), listener, 'https')
}

/** Listens on a port of its own, or on a Unix socket. */
export async function watch (
  t: Test,
  server: Http2Server,
  listener: StreamListener,
  scheme: string,
  path?: string
): Promise<Http2Upstream> {
  const sessions: ServerHttp2Session[] = []
  const streams: ServerHttp2Stream[] = []
  server.on('session', session => sessions.push(session)).on('sessionError', () => {})
  server.on(
    'stream',
    (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, rawHeaders: string[]) => {
      streams.push(stream)
      stream.on('error', () => {})
      listener(stream, headers, rawHeaders)
    }
  )
  await listen(t, server, path)
  t.teardown(() => sessions.forEach(session => session.destroy()))
  return { origin: path === undefined ? `${scheme}://127.0.0.1:${portOf(server)}` : `unix:${path}`, sessions, streams }
}

async function listen (t: Test, server: Server, path: string | undefined): Promise<void> {
  server.listen(path === undefined ? { port: 0, host: '127.0.0.1' } : { path })
  await once(server, 'listening')
  t.teardown(() => server.close())
}

/** Connections to an origin, destroyed with the test. Nothing of them takes longer than a machine is slow. */
export function openConnections (
  t: Test,
  origin: string,
  {
    target,
    monitorTimes,
    ...settings
  }: Partial<ConnectionSettings> & { target?: Partial<UpstreamTarget>; monitorTimes?: MonitorTimes } = {}
): Http2Transport {
  const connections = new Http2Transport(
    createTarget(origin, { isHttp2: true, ...target }),
    { connectTimeout: 20_000, maxConnections: 8, ...settings },
    monitorTimes
  )
  t.teardown(() => connections.destroy())
  return connections
}

/** A handler that writes down what it is told, and takes everything unless told otherwise. */
export class Recorder implements TransportHandler {
  /** The events by name, with the status of a head, without those that repeat. */
  readonly events: string[] = []
  readonly heads: { statusCode: number, headers: string[] }[] = []
  readonly chunks: Buffer[] = []
  trailers: string[] | null = null
  error: Error | null = null
  sent = 0
  abort!: (error?: Error) => void
  resume: () => void = () => {}
  /** Resolves when it is over, whichever way. */
  readonly done: Promise<this>
  #finish!: (self: this) => void
  readonly #listeners: Partial<TransportHandler>

  constructor (listeners: Partial<TransportHandler> = {}) {
    this.#listeners = listeners
    this.done = new Promise(resolve => { this.#finish = resolve })
  }

  get statusCode (): number | undefined {
    return this.heads.at(-1)?.statusCode
  }

  get headers (): string[] {
    return this.heads.at(-1)?.headers ?? []
  }

  get body (): string {
    return Buffer.concat(this.chunks).toString('latin1')
  }

  get length (): number {
    return this.chunks.reduce((sum, { length }) => sum + length, 0)
  }

  onConnect (abort: (error?: Error) => void): void {
    this.events.push('connect')
    this.abort = abort
    this.#listeners.onConnect?.(abort)
  }

  onRead (): void {
    this.#listeners.onRead?.()
  }

  onBodySent (): void {
    this.sent++
    this.#listeners.onBodySent?.()
  }

  onHeaders (statusCode: number, headers: readonly RawText[], resume: () => void, statusText: string): boolean {
    this.events.push(`head ${statusCode}`)
    this.heads.push({ statusCode, headers: headers.map(String) })
    this.resume = resume
    return this.#listeners.onHeaders?.(statusCode, headers, resume, statusText) ?? true
  }

  onUpgrade (): void {
    this.events.push('upgrade')
  }

  onData (chunk: Buffer): boolean {
    if (this.events.at(-1) !== 'data') this.events.push('data')
    this.chunks.push(chunk)
    return this.#listeners.onData?.(chunk) ?? true
  }

  onComplete (trailers: readonly RawText[] | null): void {
    this.events.push('complete')
    this.trailers = trailers?.map(String) ?? null
    this.#listeners.onComplete?.(trailers)
    this.#finish(this)
  }

  onError (error: Error): void {
    this.events.push('error')
    this.error = error
    this.#finish(this)
  }
}

/** Sends a request. */
export function send (
  transport: Transport,
  request: Partial<OutgoingRequest> = {},
  listeners: Partial<TransportHandler> = {}
): Recorder {
  const recorder = new Recorder(listeners)
  transport.dispatch({ ...GET, ...request }, recorder)
  return recorder
}

/** Sends a request, and waits for its end. */
export async function ask (
  transport: Transport,
  request: Partial<OutgoingRequest> = {},
  listeners: Partial<TransportHandler> = {}
): Promise<Recorder> {
  return await send(transport, request, listeners).done
}

/** Two requests on one session, whose answers have begun with `a` and go on. */
export async function startTwo (
  t: Test
): Promise<Http2Upstream & { connections: Http2Transport; first: Recorder; second: Recorder }> {
  const upstream = await startHttp2(t, stream => {
    stream.respond({ ':status': 200 })
    stream.write('a')
  })
  const connections = openConnections(t, upstream.origin)
  const [first, second] = [send(connections), send(connections)]
  await until(() => first.length > 0 && second.length > 0)
  return { ...upstream, connections, first, second }
}

/** Waits until something is so. */
export async function until (condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 2))
}
