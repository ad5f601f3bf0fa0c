import { type IncomingMessage, METHODS, type Server, ServerResponse, STATUS_CODES } from 'node:http'
import { Http2ServerResponse } from 'node:http2'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { reparseRequest } from '../lib/downstream/reparse-request.ts'
import { allowOf, findFault } from '../lib/downstream/request-validation.ts'
import { currentResponse, type ServerSocket } from '../lib/downstream/node-internals.ts'
import { endBehind, readUpgrade, respondOn, whenItsTurn } from '../lib/downstream/upgrade.ts'
import { MethodNotAllowedError } from '../lib/errors.ts'
import { ignore } from '../lib/ignore.ts'

/** Marks the listeners of gateways. */
const OURS = Symbol('fastify-gateway.listener')

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
    // The listeners of others have the first word.
    if (hasOthers(server, 'upgrade')) setImmediate(() => lookAgain(request, socket, head))
    else if (isFirst(server, 'upgrade', onUpgrade)) whenItsTurn(socket, () => take(request, socket, head))
  }

  function lookAgain (request: IncomingMessage, socket: ServerSocket, head: Buffer): void {
    const response = currentResponse(socket)
    // @fastify/websocket, for example, leads it through Fastify, too; but an answer that is no switch ends nothing
    //   there.
    if (response instanceof ServerResponse && response.req === request) return endBehind(response, socket)
    if (!isTaken(socket) && owns(request.url!)) whenItsTurn(socket, () => take(request, socket, head))
  }

  function take (request: IncomingMessage, socket: ServerSocket, head: Buffer): void {
    // One that is malformed, or of which node has not kept all, would be another one when it is read again.
    if (readUpgrade(request) === null && findFault(request, server) === undefined) {
      socket.off('error', ignore)
      return reparseRequest(request, socket, head)
    }
    if (head.length > 0) socket.unshift(head)
    server.emit('request', request, respondOn(request, socket))
  }

  /** node answers nothing at all to CONNECT without a listener. */
  function onConnect (request: IncomingMessage, socket: ServerSocket | Http2ServerResponse): void {
    if (hasOthers(server, 'connect') || !isFirst(server, 'connect', onConnect)) return
    if (socket instanceof Http2ServerResponse) return refuseConnect(socket)
    socket.on('error', ignore)
    whenItsTurn(socket, () => refuseConnect(respondOn(request, socket)))
  }

  Object.assign(onUpgrade, { [OURS]: true })
  Object.assign(onConnect, { [OURS]: true })
  server.on('upgrade', onUpgrade).on('connect', onConnect)
  fastify.addHook('onClose', async () => { server.off('upgrade', onUpgrade).off('connect', onConnect) })
}

function refuseConnect (response: ServerResponse | Http2ServerResponse): void {
  const { code, statusCode, message } = new MethodNotAllowedError('CONNECT')
  const body = JSON.stringify({ statusCode, code, error: STATUS_CODES[statusCode!], message })
  response
    .writeHead(statusCode!, { 'content-type': 'application/json; charset=utf-8', allow: allowOf(METHODS) })
    .end(body)
}

/** Whether anybody but gateways listens. */
function hasOthers (server: Server, event: string): boolean {
  return server.listeners(event).some(listener => !(OURS in listener))
}

/** Several gateways may be in one server, and one of them leads all requests through it. */
function isFirst (server: Server, event: string, listener: object): boolean {
  return server.listeners(event).find(each => OURS in each) === listener
}

/** Another listener reads from the socket, or it has closed. */
function isTaken (socket: ServerSocket): boolean {
  return socket.destroyed || socket.listenerCount('data') > 0 || socket.listenerCount('readable') > 0
}

export default fp(routeUpgrades, { name: 'gateway-upgrades', fastify: '5.x' })
