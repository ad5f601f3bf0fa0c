import type { SecureServerOptions } from 'node:http2'
import { MIN_VERSION } from './certificate.ts'
import type { PemPair } from './pem.ts'

/** The limits of the option `server` that apply to a server over TLS. */
export interface ClientLimits {
  /** Milliseconds. */
  headersTimeout: number
  /** Bytes. */
  maxHeaderSize: number
}

/**
 * Missing in @types/node. The reset limits can be set from node 22.11 on; node 20 has the same numbers built in, by
 * nghttp2.
 */
type UntypedLimits = Record<'streamResetBurst' | 'streamResetRate' | 'maxOutstandingSettings', number>

/** Limits of one HTTP/2 connection, which carries what over HTTP/1.1 takes a connection for each request. */
const SESSION_LIMITS = {
  // Rapid reset (CVE-2023-44487): a second line of defence beside `ResetBudget`, for nghttp2 sees frames before we do.
  streamResetBurst: 1000,
  streamResetRate: 33,
  // Frames for closed streams. Every client sends some whose request has just been refused.
  maxSessionInvalidFrames: 1000,
  // Streams beyond `maxConcurrentStreams`: a client that ignores 100 refusals does so on purpose.
  maxSessionRejectedStreams: 100,
  // Our own that are not acknowledged yet: the gateway sends one at a time. Those of the client are bounded by nghttp2,
  // at 1000 acknowledgements that the client does not read (CVE-2019-9512, CVE-2019-9515).
  maxOutstandingPings: 10,
  maxOutstandingSettings: 10,
  // Entries of one SETTINGS frame; the standards define fewer than ten.
  maxSettings: 32,
  // Header fields, each piece of a cookie one of them (RFC 9113, 8.2.3); as many as a request over HTTP/1.1 may have.
  maxHeaderListPairs: 1000,
  // Megabytes of responses that are buffered in one connection until the client reads them: 64 KB for each of 1000
  // streams. Beyond it, new streams are refused.
  maxSessionMemory: 64,
  // Milliseconds until a client that negotiated neither protocol is disconnected.
  unknownProtocolTimeout: 1000,
} satisfies SecureServerOptions & UntypedLimits

/** Sent to clients, which have to respect them. */
const SETTINGS = {
  // RFC 9113, 6.5.2 recommends at least 100; with fewer than a page has parts, these wait for each other.
  maxConcurrentStreams: 1000,
  // No server push, and no tunnels over HTTP/2 (RFC 8441).
  enablePush: false,
  enableConnectProtocol: false,
}

/**
 * Options of a server over TLS that speaks HTTP/2, and HTTP/1.1 to clients that do not offer HTTP/2 by ALPN (RFC 7301).
 */
export function secureServerOptions (pair: PemPair, limits: ClientLimits): SecureServerOptions {
  const { headersTimeout, maxHeaderSize } = limits
  return {
    ...secureContextOptions(pair),
    allowHTTP1: true,
    // 0 would be node's default of two minutes.
    handshakeTimeout: headersTimeout,
    ...SESSION_LIMITS,
    settings: { ...SETTINGS, maxHeaderListSize: maxHeaderSize },
  }
}

/**
 * The part of them that a new certificate replaces: `server.setSecureContext()` resets whatever is not passed again.
 */
export function secureContextOptions ({ cert, key }: PemPair): PemPair & { minVersion: typeof MIN_VERSION } {
  return { cert, key, minVersion: MIN_VERSION }
}
