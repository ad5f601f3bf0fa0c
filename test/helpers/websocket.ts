import { once } from 'node:events'
import http, { type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Test } from 'tap'
import WebSocket, { type ClientOptions, type RawData, type ServerOptions, WebSocketServer } from 'ws'
import { portOf } from './servers.ts'

/** An app that speaks WebSocket. */
export interface WebSocketUpstream {
  origin: string
  server: http.Server
  /** The handshakes that it got. */
  requests: IncomingMessage[]
  /** Its ends of the sockets that it accepted. */
  sockets: WebSocket[]
}

/** @param onSocket - sends back what it gets by default */
export async function startWebSocketUpstream (
  t: Test,
  onSocket: (socket: WebSocket, request: IncomingMessage) => void = echo,
  options: ServerOptions = {}
): Promise<WebSocketUpstream> {
  const server = http.createServer()
  const webSockets = new WebSocketServer({ server, ...options })
  const requests: IncomingMessage[] = []
  const sockets: WebSocket[] = []
  webSockets.on('connection', (socket, request) => {
    socket.on('error', () => {})
    requests.push(request)
    sockets.push(socket)
    onSocket(socket, request)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.terminate()
    server.close().closeAllConnections()
  })
  return { origin: `http://127.0.0.1:${portOf(server)}`, server, requests, sockets }
}

export function echo (socket: WebSocket): void {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
}

/** A client after a successful handshake. */
export async function openWebSocket (
  t: Test,
  url: string,
  protocols: string[] = [],
  options: ClientOptions = {}
): Promise<WebSocket> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), protocols, options)
  t.teardown(() => socket.terminate())
  await once(socket, 'open')
  socket.on('error', () => {})
  return socket
}

/** The next message, and whether it is binary. */
export async function nextMessage (socket: WebSocket): Promise<{ data: Buffer, isBinary: boolean }> {
  const [data, isBinary] = await once(socket, 'message') as [RawData, boolean]
  return { data: data as Buffer, isBinary }
}

/** How a socket was closed. */
export async function closeOf (socket: WebSocket): Promise<{ code: number, reason: string }> {
  const [code, reason] = await once(socket, 'close') as [number, Buffer]
  return { code, reason: reason.toString() }
}

/** The response to a handshake that failed. */
export async function refusalOf (
  url: string,
  options: ClientOptions = {}
): Promise<{ statusCode: number; headers: http.IncomingHttpHeaders; body: string }> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), options)
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
  const chunks = (await (response as AsyncIterable<Buffer> & IncomingMessage).toArray()) as Buffer[]
  return { statusCode: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks).toString() }
}

/** A handshake as bytes. */
export function handshake (path: string, headers: Record<string, string> = {}): string {
  const all = { Host: 'gateway.test', Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version': '13', ...headers }
  return `GET ${path} HTTP/1.1\r\n${Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}

export type { Duplex }
