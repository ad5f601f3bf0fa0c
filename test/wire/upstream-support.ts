import { once } from 'node:events'
import http, { type IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import type { Test } from 'tap'
import type { InlineAppOptions } from '../../lib/options/schema.ts'
import { listenGateway, startRawUpstream } from '../helper.ts'

/** A promise, and what settles it from outside. */
export interface Deferred<T> {
  promise: Promise<T>
  resolve (value: T): void
}

export function defer<T = void> (): Deferred<T> {
  let resolve!: (value: T) => void
  const promise = new Promise<T>(_resolve => { resolve = _resolve })
  return { promise, resolve }
}

/** Bound for what the contract calls "at once" and "within a second": far below every default timeout, far above a busy machine. */
const SOON = 5000

/** The promise, or a failure when it takes longer than "at once" can mean. */
export async function soon<T> (promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`too late: ${what}`)), SOON)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

/** Resolves when the connection is closed, however. */
export async function closing (socket: Socket): Promise<void> {
  if (socket.closed) return
  await new Promise<void>(resolve => { socket.once('close', () => resolve()) })
}

/** A gateway in front of one app, mounted at `/app`. */
export async function startGateway (t: Test, upstreams: InlineAppOptions['upstreams'], flags: Partial<InlineAppOptions> = {}, server: FastifyServerOptions = {}): Promise<{ fastify: FastifyInstance, port: number, origin: string }> {
  return listenGateway(t, { apps: [{ name: 'app', upstreams, ...flags }] }, server)
}

/** What a client got to see of an answer. */
export interface Reply {
  statusCode: number
  statusMessage: string
  headers: IncomingHttpHeaders
  /** Names and values in turn, as they came. */
  rawHeaders: string[]
  body: Buffer
  /** Whether the answer ended the way its framing said. */
  isComplete: boolean
}

export interface Question {
  method?: string
  headers?: http.OutgoingHttpHeaders
  body?: Buffer | string
  /** A connection of its own by default. */
  agent?: http.Agent
}

/** Asks, and reads the answer to its end, or to where it broke off. Rejects only when there is no answer at all. */
export async function ask (port: number, path: string, { method = 'GET', headers = {}, body, agent }: Question = {}): Promise<Reply> {
  const request = http.request({ host: '127.0.0.1', port, path, method, headers, agent: agent ?? false })
  request.end(body)
  const [response] = await once(request, 'response') as [http.IncomingMessage]
  // Afterwards a reset would find no listener.
  request.on('error', () => {})
  const chunks: Buffer[] = []
  response.on('data', chunk => chunks.push(chunk)).on('error', () => {})
  await new Promise<void>(resolve => { response.on('close', resolve) })
  return {
    statusCode: response.statusCode!,
    statusMessage: response.statusMessage!,
    headers: response.headers,
    rawHeaders: response.rawHeaders,
    body: Buffer.concat(chunks),
    isComplete: response.complete,
  }
}

/** The values of one header, in their order and each by itself. */
export function valuesOf ({ rawHeaders }: Reply, name: string): string[] {
  return rawHeaders.filter((_value, index) => index % 2 === 1 && rawHeaders[index - 1]!.toLowerCase() === name)
}

/** An answer of the gateway's own: Fastify's form, this code, and nothing about where the app runs. */
export function isGatewayError (t: Test, reply: Reply, statusCode: number, code: string, name = code): void {
  const text = reply.body.toString()
  const body = reply.headers['content-type']?.startsWith('application/json') === true ? JSON.parse(text) : {}
  t.strictSame(
    { status: reply.statusCode, statusCode: body.statusCode, code: body.code, keys: Object.keys(body).sort(), isComplete: reply.isComplete },
    { status: statusCode, statusCode, code, keys: ['code', 'error', 'message', 'statusCode'], isComplete: true },
    `${name} is answered ${statusCode} ${code}`
  )
  t.notMatch(text, /127\.0\.0\.1|localhost|\.invalid|node:|\.[jt]s\b|UND_ERR|HPE_|ECONN/, 'without an address, a stack or an inner code')
}

/** An answer that says what an upstream of these tests says when nothing is wrong. */
export const FINE = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nfine'

/**
 * A raw upstream that calls `lie` for the path `/lie` and answers every other request with `FINE`, on connections that
 * it keeps. Requests have no body, so that each comes in one piece.
 */
export async function startLiar (t: Test, lie: (socket: Socket) => void): Promise<string> {
  return startRawUpstream(t, socket => socket.on('data', head => {
    if (head.toString('latin1').includes(' /lie')) lie(socket)
    else socket.write(FINE)
  }))
}

/** The gateway goes on serving, whatever has just happened. */
export async function stillServes (t: Test, port: number): Promise<void> {
  const reply = await ask(port, '/app/fine')
  t.strictSame([reply.statusCode, reply.body.toString()], [200, 'fine'], 'the next request is served')
}

/** Writes the same again and again, for as long as the other end takes it. */
export function pour (socket: Socket, bytes: string | Buffer): void {
  function more (): void {
    while (!socket.destroyed && socket.write(bytes)) ;
  }
  socket.on('drain', more)
  more()
}
