import { once } from 'node:events'
import { realpathSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'

// What the node:http examples share: tables of routes and of upgrades, a body with a limit, a start and a stop.

/** Where an example listens: a free port of 127.0.0.1 by default. */
export interface StartOptions {
  port?: number
  host?: string
}

/** An example that listens. */
export interface RunningApp {
  /** Its origin: `http://127.0.0.1:40123`. */
  url: string
  /** Ends its connections too. */
  close (): Promise<void>
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => unknown

/** Takes over the connection of a request that switches protocols, and ends it when the app stops. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** An error that is the client's fault; the response has its status. */
class HttpError extends Error {
  readonly statusCode: number

  constructor (statusCode: number, message: string) {
    super(message)
    this.statusCode = statusCode
  }
}

/**
 * Starts a server.
 * @param routes - by method and path, `GET /ticks`; the query takes no part
 * @param upgrades - by path; without any, a request with `Upgrade` is served like others
 */
export async function serve (routes: Readonly<Record<string, Handler>>, { port = 0, host = '127.0.0.1' }: StartOptions = {}, upgrades?: Readonly<Record<string, UpgradeHandler>>): Promise<RunningApp> {
  const server = createServer((request, response) => respond(routes, request, response))
  if (upgrades !== undefined) server.on('upgrade', (request, socket, head) => upgrade(upgrades, request, socket, head))
  await once(server.listen(port, host), 'listening')
  const name = host.includes(':') ? `[${host}]` : host
  return {
    url: `http://${name}:${(server.address() as AddressInfo).port}`,
    async close () {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function respond (
  routes: Readonly<Record<string, Handler>>,
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> {
  try {
    const path = readPath(request)
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const handler = routes[`${method} ${path}`]
    if (handler === undefined) throw new HttpError(404, `Nothing is at ${path}`)
    await handler(request, response)
  } catch (error) {
    fail(response, error)
  }
}

function fail (response: ServerResponse, error: unknown): void {
  // Also where the client has left: there is no response to send.
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const isClients = error instanceof HttpError
  if (!isClients) console.error(error)
  response.writeHead(isClients ? error.statusCode : 500, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' })
  response.end(isClients ? `${error.message}\n` : 'Something went wrong\n')
}

function upgrade (
  upgrades: Readonly<Record<string, UpgradeHandler>>,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer
): void {
  const handler = upgrades[readPath(request)]
  if (handler !== undefined) return handler(request, socket, head)
  socket.on('error', () => {})
  socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n', () => socket.destroy())
}

function readPath (request: IncomingMessage): string {
  return request.url?.split('?', 1)[0] ?? '/'
}

/** The part of a request's URL behind the question mark. */
export function readQuery (request: IncomingMessage): URLSearchParams {
  return new URLSearchParams(request.url?.split('?').slice(1).join('?'))
}

/**
 * A request's body as text; a longer one gets 413.
 * @param maxBytes - of the body
 */
export async function readText (request: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > maxBytes) throw new HttpError(413, `The body is longer than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/**
 * Starts an example when its module is the program that node runs, on the port in `PORT`.
 * @param moduleUrl - `import.meta.url`
 */
export function runWhenMain (moduleUrl: string, start: (options: StartOptions) => Promise<RunningApp>): void {
  whenMain(moduleUrl, async options => {
    const { url } = await start(options)
    console.log(`Listening on ${url}`)
  })
}

/** As `runWhenMain`, for what is more than a start. */
export function whenMain (moduleUrl: string, run: (options: StartOptions) => Promise<void>): void {
  const program = process.argv[1]
  if (program === undefined || realpathSync(program) !== fileURLToPath(moduleUrl)) return
  run({ port: Number(process.env.PORT ?? 0) }).catch((error: Error) => {
    console.error(error.message)
    process.exitCode = 1
  })
}
