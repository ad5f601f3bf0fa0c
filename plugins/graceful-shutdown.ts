import { once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Server as NetServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { endConnectionAfter, stopAccepting } from '../lib/downstream/node-internals.ts'
import type { Shutdown } from '../lib/downstream/shutdown.ts'
import type { Dispatcher } from '../lib/dispatch/dispatcher.ts'

export interface GracefulShutdownOptions {
  shutdown: Shutdown
  dispatchers: readonly Dispatcher[]
  /** Milliseconds that requests are still taken. */
  delay: number
  /** Milliseconds that what is under way may still take after that. */
  gracePeriod: number
  isStandalone: boolean
}

/** A connection that had been busy when the server stopped is closed at most this much later. */
const IDLE_CHECK_INTERVAL = 50

async function gracefulShutdown (fastify: FastifyInstance, options: GracefulShutdownOptions): Promise<void> {
  const { shutdown, dispatchers, delay, gracePeriod, isStandalone } = options
  const { events } = shutdown
  // One that speaks HTTP/2 lacks the one or both, as node's version has it; see gateway-http2-sessions.
  const server: Partial<Pick<Server, 'closeIdleConnections' | 'closeAllConnections'>> = fastify.server
  let isHandingOver = false
  let idleCheck: NodeJS.Timeout | undefined
  let deadline: NodeJS.Timeout | undefined

  shutdown.handOver = async function handOver (abort) {
    isHandingOver = true
    begin()
    beginGracePeriod()
    events.emit('handOver')
    await Promise.race([outlastConnections(fastify.server), once(events, 'deadline'), once(abort, 'abort')])
    await fastify.close()
  }

  // Fastify closes what is idle now, once, and then waits for the rest; a connection that becomes idle later would be
  // kept for its whole keep-alive time.
  fastify.addHook('preClose', async function stopGracefully () {
    begin()
    if (delay > 0 && !isHandingOver) await wait(delay)
    beginGracePeriod()
    idleCheck = setInterval(() => server.closeIdleConnections?.(), IDLE_CHECK_INTERVAL)
  })

  function begin (): void {
    if (shutdown.begin()) fastify.server.prependListener('request', endConnection)
  }

  function beginGracePeriod (): void {
    if (deadline !== undefined) return
    for (const dispatcher of dispatchers) dispatcher.endStreams()
    deadline = setTimeout(function endAll () {
      for (const dispatcher of dispatchers) dispatcher.abortAll()
      // Requests without a response have got a failure, which has to leave first.
      setImmediate(closeConnections)
    }, gracePeriod)
  }

  function closeConnections (): void {
    shutdown.closeConnections()
    if (isStandalone) server.closeAllConnections?.()
    events.emit('deadline')
  }

  fastify.addHook('onClose', async function stop () {
    clearInterval(idleCheck)
    clearTimeout(deadline)
    await Promise.all(dispatchers.map(dispatcher => dispatcher.destroy()))
  })
}

/** Takes no new connections. Resolves when the last one has ended. */
async function outlastConnections (server: NetServer): Promise<void> {
  const ended = once(server, 'close')
  stopAccepting(server)
  await ended
}

function endConnection (_request: IncomingMessage, response: ServerResponse): void {
  endConnectionAfter(response)
}

export default fp(gracefulShutdown, { name: 'gateway-graceful-shutdown', fastify: '5.x' })
