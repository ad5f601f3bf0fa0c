import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { connect as connectSecure } from 'node:tls'
import type { UpstreamTarget } from '../../location.ts'
import { serverNameOf, verificationOf } from '../tls-options.ts'

/** What one stream may have in flight, and what a slow reader costs in memory. node's 64 KB slow a fast line down. */
const STREAM_WINDOW = 256 * 1024
/** The window of the session. node updates it at once, so that one slow reader never stops the others. */
const SESSION_WINDOW = 4 * 1024 * 1024
/** Of a response head, each field counted with 32 bytes more than it has (RFC 9113, 6.5.2). */
const MAX_HEADER_LIST = 64 * 1024

const OPTIONS = {
  settings: { enablePush: false, initialWindowSize: STREAM_WINDOW, maxHeaderListSize: MAX_HEADER_LIST },
  // node's limits of 128 fields in a head and of 10 MB for everything that a session buffers would be reached before
  // these.
  maxHeaderListPairs: MAX_HEADER_LIST / 32,
  maxSessionMemory: 1000,
}

/**
 * Starts to open an HTTP/2 session over a socket.
 * @see enlargeWindow, once it is connected
 */
export function openSession (socket: Socket): ClientHttp2Session {
  // The URL only stands in for an authority that a request lacks: the socket is connected already.
  return connectHttp2('http://localhost', { ...OPTIONS, createConnection: () => socket })
}

export function enlargeWindow (session: ClientHttp2Session): void {
  session.setLocalWindowSize(SESSION_WINDOW)
}

/**
 * Starts to connect to an upstream: over TLS to the name in its URL, with HTTP/2 as the only protocol (RFC 9113, 3.2).
 */
export function openSocket (target: UpstreamTarget): Socket {
  if (target.socketPath !== null) return connect({ path: target.socketPath })
  const { hostname: host, port } = target
  const options = { host, port: port!, noDelay: true }
  if (!target.isSecure) return connect(options)
  return connectSecure({ ...options, servername: serverNameOf(host), ALPNProtocols: ['h2'], ...verificationOf(target) })
}
