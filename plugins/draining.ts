import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Dispatcher } from '../lib/upstream/dispatcher.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The gateway is stopping: answers tell their clients to close the connection. */
    isDraining: () => boolean
    /** A connection with a forwarded request on it: it is closed at the end of the grace period, wherever the server is from. */
    trackConnection: (socket: Socket) => void
  }
}

export interface DrainingOptions {
  dispatchers: readonly Dispatcher[]
  /** Milliseconds that requests are still taken. */
  delay: number
  /** Milliseconds that what is under way may still take after that. */
  gracePeriod: number
  ownsServer: boolean
}

/** A connection that had been busy when the server stopped is closed at most this much later. */
const IDLE_CHECK_INTERVAL = 50

async function drainOnClose (fastify: FastifyInstance, { dispatchers, delay, gracePeriod, ownsServer }: DrainingOptions): Promise<void> {
  // One that speaks HTTP/2 lacks the one or both, as node's version has it; see gateway-http2-sessions.
  const server: Partial<Pick<Server, 'closeIdleConnections' | 'closeAllConnections'>> = fastify.server
  let isDraining = false
  let idleCheck: NodeJS.Timeout | undefined
  let deadline: NodeJS.Timeout | undefined
  const connections = new Set<Socket>()
  fastify.decorate('isDraining', () => isDraining)
  fastify.decorate('trackConnection', function trackConnection (socket) {
    if (connections.has(socket)) return
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
  })

  // Fastify closes what is idle now, once, and then waits for the rest; a connection that becomes idle later would be
  // kept for its whole keep-alive time.
  fastify.addHook('preClose', async function drain () {
    isDraining = true
    fastify.server.prependListener('request', endConnection)
    if (delay > 0) await wait(delay)
    for (const dispatcher of dispatchers) dispatcher.endStreams()
    idleCheck = setInterval(() => server.closeIdleConnections?.(), IDLE_CHECK_INTERVAL)
    deadline = setTimeout(function endAll () {
      for (const dispatcher of dispatchers) dispatcher.abortAll()
      // Whoever has no answer yet has been told so, which has to leave first.
      setImmediate(cutConnections)
    }, gracePeriod)
  })

  function cutConnections (): void {
    for (const socket of connections) socket.destroy()
    if (ownsServer) server.closeAllConnections?.()
  }

  fastify.addHook('onClose', async function stop () {
    clearInterval(idleCheck)
    clearTimeout(deadline)
    await Promise.all(dispatchers.map(dispatcher => dispatcher.destroy()))
  })
}

/** Whoever answers: node writes `Connection: close`, unless the answer says something else itself. */
function endConnection (_request: IncomingMessage, response: ServerResponse): void {
  response.shouldKeepAlive = false
}

export default fp(drainOnClose, { name: 'gateway-draining', fastify: '5.x' })
