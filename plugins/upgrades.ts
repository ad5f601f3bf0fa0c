import { type IncomingMessage, METHODS, ServerResponse, STATUS_CODES } from 'node:http'
import { Http2ServerResponse } from 'node:http2'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { ServerSocket } from '../lib/client/closing.ts'
import { giveBack } from '../lib/client/give-back.ts'
import { readUpgrade } from '../lib/client/upgrade-request.ts'
import { MethodNotAllowedError } from '../lib/errors.ts'
import { isForwarded } from '../routes/refuse.ts'
import { endBehind, respondOn, whenItsTurn } from '../lib/client/upgrade-response.ts'

export interface UpgradesOptions {
  /** Whether a request for this target is the gateway's. */
  owns: (target: string) => boolean
}

/**
 * Leads requests that ask to switch protocols through Fastify, as all others, with its hooks. With a listener for
 * `upgrade`, node takes every one of them off its parser, also those that nobody wants to switch, on anybody's routes:
 * these are given back to it.
 */
async function routeUpgrades (fastify: FastifyInstance, { owns }: UpgradesOptions): Promise<void> {
  const { server } = fastify

  function onUpgrade (request: IncomingMessage, socket: ServerSocket, head: Buffer): void {
    // node has taken its own listener away.
    socket.on('error', ignore)
    if (server.listenerCount('upgrade') === 1) whenItsTurn(socket, () => take(request, socket, head))
    // The other listeners have the first word.
    else setImmediate(() => lookAgain(request, socket, head))
  }

  function lookAgain (request: IncomingMessage, socket: ServerSocket, head: Buffer): void {
    const { _httpMessage: response } = socket
    // @fastify/websocket, for example, leads it through Fastify, too; but an answer that is no switch ends nothing there.
    if (response instanceof ServerResponse && response.req === request) return endBehind(response, socket)
    if (!isTaken(socket) && owns(request.url!)) whenItsTurn(socket, () => take(request, socket, head))
  }

  function take (request: IncomingMessage, socket: ServerSocket, head: Buffer): void {
    if (readUpgrade(request) === null) {
      socket.off('error', ignore)
      return giveBack(request, socket, head)
    }
    if (head.length > 0) socket.unshift(head)
    server.emit('request', request, respondOn(request, socket))
  }

  /** node answers nothing at all to CONNECT without a listener. */
  function onConnect (request: IncomingMessage, socket: ServerSocket | Http2ServerResponse): void {
    if (server.listenerCount('connect') > 1) return
    if (socket instanceof Http2ServerResponse) return refuseConnect(socket)
    socket.on('error', ignore)
    whenItsTurn(socket, () => refuseConnect(respondOn(request, socket)))
  }

  server.on('upgrade', onUpgrade).on('connect', onConnect)
  fastify.addHook('onClose', async () => { server.off('upgrade', onUpgrade).off('connect', onConnect) })
}

function refuseConnect (response: ServerResponse | Http2ServerResponse): void {
  const { code, statusCode, message } = new MethodNotAllowedError('CONNECT')
  const body = JSON.stringify({ statusCode, code, error: STATUS_CODES[statusCode!], message })
  response.writeHead(statusCode!, { 'content-type': 'application/json; charset=utf-8', allow: METHODS.filter(isForwarded).join(', ') }).end(body)
}

/** Somebody reads it. */
function isTaken (socket: ServerSocket): boolean {
  return socket.destroyed || socket.listenerCount('data') > 0 || socket.listenerCount('readable') > 0
}

function ignore (): void {}

export default fp(routeUpgrades, { name: 'gateway-upgrades', fastify: '5.x' })
