import type { IncomingMessage, ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { RawData, WebSocket, WebSocketServer } from 'ws'
import { type Handler, readQuery, type RunningApp, runWhenMain, serve, type StartOptions } from '../http.ts'
import { demoPackages, loadPackages } from '../packages.ts'
import { htmlType } from '../page.ts'
import { limitRate } from './rate-limit.ts'
import { chatPage } from './page.ts'
import { limits, Rooms } from './rooms.ts'

// A chat over WebSocket: `/socket?room=lobby&name=Ada`. Every text message is passed on to all who are in the room.

/** In bytes: UTF-8 takes at most three for what is one character in UTF-16. */
const maxMessage = 3 * limits.text
/** Faster than people write. */
const rateLimit = { times: 20, within: 10_000 }
/**
 * Unread bytes that a slow client may have. The longest history, every character of it escaped, is half of that.
 */
const maxUnread = 1024 * 1024
/** How long the others may take to close when the chat stops, in milliseconds. */
const farewellTime = 1000

/** Status codes of RFC 6455, section 7.4.1, and 1013 of the IANA's registry. */
const closing = { goingAway: 1001, unsupportedData: 1003, policyViolation: 1008, tryAgainLater: 1013 }

export interface ChatOptions extends StartOptions {
  /** Milliseconds between two pings; a client that has sent no pong until the next is gone. */
  pingInterval?: number
}

const routes: Record<string, Handler> = {
  'GET /': (request: IncomingMessage, response: ServerResponse) => response.writeHead(200, { 'content-type': htmlType }).end(chatPage),
}

/**
 * Starts the app.
 * @throws when `ws` is not installed, saying how to install it
 */
export async function start (options: ChatOptions = {}): Promise<RunningApp> {
  const { WebSocketServer } = await loadPackages(demoPackages, () => import('ws'))
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessage })
  const rooms = new Rooms()
  const app = await serve(routes, options, {
    '/socket': (request, connection, head) => sockets.handleUpgrade(request, connection, head, socket => welcome(rooms, request, socket, options)),
  })
  return {
    url: app.url,
    async close () {
      await closeSockets(sockets)
      await app.close()
    },
  }
}

/** A page cannot read how a handshake was refused, so a foreign page gets its WebSocket, and then a close frame. */
function welcome (
  rooms: Rooms,
  request: IncomingMessage,
  socket: WebSocket,
  { pingInterval = 30_000 }: ChatOptions
): void {
  // Messages that break the protocol or are too long: ws itself closes with 1002, 1007 or 1009.
  socket.on('error', () => {})
  const query = readQuery(request)
  const seat = rooms.enter(query.get('room') ?? 'lobby', query.get('name') ?? '', news => send(socket, news))
  if ('reason' in seat) { return socket.close(seat.isTemporary ? closing.tryAgainLater : closing.policyViolation, seat.reason) }

  const isWithinLimit = limitRate(rateLimit, Date.now)
  socket.on('message', (data, isBinary) => {
    // Messages that were in flight when the close frame was sent.
    if (socket.readyState !== socket.OPEN) return
    if (isBinary) socket.close(closing.unsupportedData, 'Only text')
    else if (!isWithinLimit()) socket.close(closing.policyViolation, 'Slower, please')
    else say(seat.say, data)
  })
  socket.once('close', seat.leave)
  keepAlive(socket, pingInterval)
}

function say (pass: (text: string) => void, data: RawData): void {
  const text = data.toString().trim()
  if (text !== '') pass(text)
}

function send (socket: WebSocket, news: string): void {
  if (socket.bufferedAmount > maxUnread) socket.terminate()
  else socket.send(news)
}

/**
 * A connection whose other end has vanished looks like one that is silent; and proxies between cut silent ones.
 */
function keepAlive (socket: WebSocket, interval: number): void {
  let isAlive = true
  const timer = setInterval(() => {
    if (!isAlive) return socket.terminate()
    isAlive = false
    socket.ping()
  }, interval)
  socket.on('pong', () => { isAlive = true })
  socket.once('close', () => clearInterval(timer))
}

async function closeSockets (sockets: WebSocketServer): Promise<void> {
  const closed = once(sockets, 'close')
  sockets.close()
  for (const socket of sockets.clients) socket.close(closing.goingAway, 'The chat stops')
  const timer = setTimeout(() => { for (const socket of sockets.clients) socket.terminate() }, farewellTime)
  await closed
  clearTimeout(timer)
}

runWhenMain(import.meta.url, start)
