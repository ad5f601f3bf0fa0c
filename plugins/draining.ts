import { EventEmitter, once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import net, { type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { NO_SLOT, type Slotted, Slots } from '../lib/slots.ts'
import type { Dispatcher } from '../lib/upstream/dispatcher.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The gateway is stopping: answers tell their clients to close the connection. */
    isDraining: () => boolean
    /** A connection with a forwarded request on it: it is closed at the end of the grace period, wherever the server is from. */
    trackConnection: (socket: Socket) => void
    /** What happens on the way to its end. */
    draining: EventEmitter<DrainingEvents>
    /**
     * Stops as `close()` does where another process takes the place of this one, so that nobody notices: it takes no new
     * connections from the start, without `shutdown.delay`, and closes none that is idle. A client that uses one in that
     * very moment would see a reset; instead the next request is answered with `Connection: close`. What is left at the end
     * of the grace period is closed.
     * @param hurry - aborted when there will be nobody in its place: from then on it is an ordinary stop
     */
    retire: (hurry: AbortSignal) => Promise<void>
  }
}

export interface DrainingEvents {
  /** It retires: whoever is connected should connect anew, when it suits. */
  retire: []
  /** The grace period is over: what is still under way is cut off. */
  deadline: []
}

export interface DrainingOptions {
  dispatchers: readonly Dispatcher[]
  /** Milliseconds that requests are still taken. */
  delay: number
  /** Milliseconds that what is under way may still take after that. */
  gracePeriod: number
  ownsServer: boolean
}

interface TrackedConnection extends Slotted {
  socket: Socket
}

/** A connection that had been busy when the server stopped is closed at most this much later. */
const IDLE_CHECK_INTERVAL = 50

async function drainOnClose (fastify: FastifyInstance, { dispatchers, delay, gracePeriod, ownsServer }: DrainingOptions): Promise<void> {
  // One that speaks HTTP/2 lacks the one or both, as node's version has it; see gateway-http2-sessions.
  const server: Partial<Pick<Server, 'closeIdleConnections' | 'closeAllConnections'>> = fastify.server
  const events = new EventEmitter<DrainingEvents>()
  const connections = new Slots<TrackedConnection>()
  const tracked = Symbol('fastify-gateway.tracked')
  let isDraining = false
  let isRetiring = false
  let idleCheck: NodeJS.Timeout | undefined
  let deadline: NodeJS.Timeout | undefined
  fastify.decorate('isDraining', () => isDraining)
  fastify.decorate('draining', events)
  fastify.decorate('trackConnection', function trackConnection (socket: Socket & { [tracked]?: true }) {
    if (socket[tracked] === true) return
    socket[tracked] = true
    const connection = { socket, slot: NO_SLOT }
    connections.add(connection)
    socket.once('close', () => connections.delete(connection))
  })

  fastify.decorate('retire', async function retire (hurry) {
    isRetiring = true
    begin()
    beginGracePeriod()
    events.emit('retire')
    await Promise.race([outlastConnections(fastify.server), once(events, 'deadline'), once(hurry, 'abort')])
    await fastify.close()
  })

  // Fastify closes what is idle now, once, and then waits for the rest; a connection that becomes idle later would be
  // kept for its whole keep-alive time.
  fastify.addHook('preClose', async function drain () {
    begin()
    if (delay > 0 && !isRetiring) await wait(delay)
    beginGracePeriod()
    idleCheck = setInterval(() => server.closeIdleConnections?.(), IDLE_CHECK_INTERVAL)
  })

  function begin (): void {
    if (isDraining) return
    isDraining = true
    fastify.server.prependListener('request', endConnection)
  }

  function beginGracePeriod (): void {
    if (deadline !== undefined) return
    for (const dispatcher of dispatchers) dispatcher.endStreams()
    deadline = setTimeout(function endAll () {
      for (const dispatcher of dispatchers) dispatcher.abortAll()
      // Whoever has no answer yet has been told so, which has to leave first.
      setImmediate(cutConnections)
    }, gracePeriod)
  }

  function cutConnections (): void {
    for (const { socket } of connections) socket.destroy()
    if (ownsServer) server.closeAllConnections?.()
    events.emit('deadline')
  }

  fastify.addHook('onClose', async function stop () {
    clearInterval(idleCheck)
    clearTimeout(deadline)
    await Promise.all(dispatchers.map(dispatcher => dispatcher.destroy()))
  })
}

/** Takes no new connections. Resolves when the last one has ended; `close()` of an HTTP server would close those that are idle. */
async function outlastConnections (server: net.Server): Promise<void> {
  const ended = once(server, 'close')
  net.Server.prototype.close.call(server)
  await ended
}

/** Whoever answers: node writes `Connection: close`, unless the answer says something else itself. */
function endConnection (_request: IncomingMessage, response: ServerResponse): void {
  response.shouldKeepAlive = false
}

export default fp(drainOnClose, { name: 'gateway-draining', fastify: '5.x' })
