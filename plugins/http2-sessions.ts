import { constants, type Http2SecureServer, type ServerHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'
import { Server as TlsServer, type TLSSocket } from 'node:tls'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { ResetBudget } from '../lib/downstream/reset-budget.ts'
import type { Shutdown } from '../lib/downstream/shutdown.ts'

export interface Http2SessionsOptions {
  shutdown: Shutdown
  /** The server is the gateway's own: at the end of the grace period every connection is closed. */
  isStandalone: boolean
  /** Milliseconds that a connection of the gateway's own server may be silent; 0 is for ever. */
  silence: SilenceLimits
}

export interface SilenceLimits {
  /** Until no new requests are taken on it; those under way go on. */
  keepAliveTimeout: number
  /** Until it is closed, whatever is under way. */
  connectionTimeout: number
}

/**
 * The connections of a server that speaks HTTP/2, and stopping it. Where node and Fastify know of connections, they
 * mean those of HTTP/1.1: without this, `close()` waits until the last client leaves of its own will.
 */
async function http2Sessions (
  fastify: FastifyInstance,
  { shutdown, isStandalone, silence }: Http2SessionsOptions
): Promise<void> {
  const server = fastify.server as unknown as Http2SecureServer
  if (fastify.initialConfig.http2 !== true) return
  const sessions = new Set<ServerHttp2Session>()
  const sockets = trackSockets(server)
  let isStopped = false

  server.on('session', function track (session) {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
    // Its handshake was under way when the others were closed. Its client has no answer to wait for.
    if (isStopped) session.close()
    session.on('stream', announceEnd)
    if (!isStandalone) return
    boundResets(session, fastify.log)
    boundSilence(session, silence)
  })

  // A client that does not finish the handshake cannot get a response: what is written would wait for its end.
  if (isStandalone) server.on('tlsClientError', (_error, socket) => socket.destroy())

  // While the gateway still takes requests, a response over HTTP/1.1 says `Connection: close`; this is its counterpart.
  // A client that gets it sends the next request elsewhere, and resends those above the last stream of the GOAWAY. A
  // first GOAWAY that names all that there can be (RFC 9113, 6.8) would be a trap: nghttp2 acts on no new stream behind
  // any that node lets it send, and its client would wait for a response that never comes.
  function announceEnd (this: ServerHttp2Session): void {
    if (!shutdown.isStopping() || this.closed) return
    this.off('stream', announceEnd)
    this.close()
  }

  // Those who connect later hear it with their first answer.
  shutdown.events.on('handOver', function closeAll () {
    for (const session of sessions) session.close()
  })

  // Behind the hook of gateway-graceful-shutdown, which waits for `shutdown.delay`.
  fastify.addHook('preClose', async function closeSessions () {
    isStopped = true
    for (const session of sessions) session.close()
    sockets.closeUnfinished()
  })

  if (isStandalone) {
    shutdown.events.on('deadline', function cutAll () {
      for (const session of sessions) session.destroy()
      sockets.destroyAll()
    })
  }
}

/**
 * Ends a connection whose requests are taken back all the time, or broken off: each costs an upstream work, and the
 * client nothing.
 */
function boundResets (session: ServerHttp2Session, log: FastifyBaseLogger): void {
  const budget = new ResetBudget(performance.now())
  session.on('stream', function count (stream) {
    stream.once('close', () => {
      const isComplete = !stream.aborted && stream.rstCode === constants.NGHTTP2_NO_ERROR
      if (isComplete || session.destroyed || budget.take(performance.now())) return
      log.warn(
        { remoteAddress: session.socket.remoteAddress },
        'connection ended: its client takes back too many requests'
      )
      // By itself, `destroy()` with a code may cut off the frame that says it.
      session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM)
      session.destroy()
    })
  })
}

/**
 * node counts one silence only, and `server.setTimeout()` ends a connection with everything on it; so does this, where
 * that time is the shorter one. A client that sends PING is not silent.
 */
function boundSilence (session: ServerHttp2Session, { keepAliveTimeout, connectionTimeout }: SilenceLimits): void {
  const endsAtOnce = connectionTimeout > 0 && (keepAliveTimeout === 0 || connectionTimeout <= keepAliveTimeout)
  if (endsAtOnce) return
  session.removeAllListeners('timeout')
  session.setTimeout(keepAliveTimeout, function leave () {
    session.close()
    if (connectionTimeout > 0) session.setTimeout(connectionTimeout - keepAliveTimeout, () => session.destroy())
  })
}

interface SocketTracker {
  /** Those whose handshake is not done: nobody waits for anything there, but `server.close()` would wait for them. */
  closeUnfinished (): void
  destroyAll (): void
}

/**
 * The TCP connections of a server over TLS, by their client's port, which is all that the sockets above and below TLS
 * have in common.
 */
function trackSockets (server: Http2SecureServer): SocketTracker {
  const all = new Set<Socket>()
  const unfinished = new Map<string, Socket>()
  const nameOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`
  server.on('connection', function track (socket: Socket) {
    const name = nameOf(socket)
    all.add(socket)
    // Without TLS there is no handshake, and over a Unix socket no name.
    if (server instanceof TlsServer && socket.remotePort !== undefined) unfinished.set(name, socket)
    socket.once('close', () => {
      all.delete(socket)
      if (unfinished.get(name) === socket) unfinished.delete(name)
    })
  })
  server.on('secureConnection', (socket: TLSSocket) => unfinished.delete(nameOf(socket)))
  return {
    closeUnfinished () { for (const socket of unfinished.values()) socket.destroy() },
    destroyAll () { for (const socket of all) socket.destroy() },
  }
}

export default fp(http2Sessions, {
  name: 'gateway-http2-sessions',
  fastify: '5.x',
  dependencies: ['gateway-graceful-shutdown'],
})
