import type { SecureServerOptions } from 'node:http2'
import { MIN_VERSION } from './certificate.ts'
import type { PemPair } from './pem.ts'

/** What a server over TLS takes from the option `server`. */
export interface ClientLimits {
  /** Milliseconds. */
  headersTimeout: number
  /** Bytes. */
  maxHeaderSize: number
}

/** What @types/node does not know of. Resets can be set from node 22.11 on; node 20 has the same numbers built in, with nghttp2. */
type OtherLimits = Record<'streamResetBurst' | 'streamResetRate' | 'maxOutstandingSettings', number>

/**
 * What one HTTP/2 connection may cost. HTTP/1.1 pays with a connection for every request; here all of it is for one.
 */
const SESSION_LIMITS = {
  // Rapid reset (CVE-2023-44487): the second line behind lib/downstream/reset-budget.ts. nghttp2 counts what it sees before we do.
  streamResetBurst: 1000,
  streamResetRate: 33,
  // Frames for streams that are closed. Some are sent by everybody whose request was refused a moment ago.
  maxSessionInvalidFrames: 1000,
  // Streams beyond what a connection may have: whoever ignores 100 refusals does so on purpose.
  maxSessionRejectedStreams: 100,
  // Of ours, which nobody has answered: the gateway asks one thing at a time. PING and SETTINGS that the client sends are
  // bounded by nghttp2, at 1000 answers that it does not read (CVE-2019-9512, CVE-2019-9515).
  maxOutstandingPings: 10,
  maxOutstandingSettings: 10,
  // Entries of one SETTINGS frame; the standards define fewer than ten.
  maxSettings: 32,
  // Header fields, each piece of a cookie one of them (RFC 9113, 8.2.3); as many as a request over HTTP/1.1 may have.
  maxHeaderListPairs: 1000,
  // Megabytes of answers that wait in one connection for a client to read them: 64 KB for each of 1000. Beyond it,
  // new streams are refused.
  maxSessionMemory: 64,
  // Milliseconds for who speaks neither protocol to take notice of that.
  unknownProtocolTimeout: 1000,
} satisfies SecureServerOptions & OtherLimits

/** What clients are told, and hold themselves to. */
const SETTINGS = {
  // 100 at least is asked for (RFC 9113, 6.5.2); with fewer than a page has parts, they wait for each other.
  maxConcurrentStreams: 1000,
  // Nothing is pushed, and no tunnels are made over HTTP/2.
  enablePush: false,
  enableConnectProtocol: false,
}

/**
 * How a server over TLS is made that speaks HTTP/2, and HTTP/1.1 to who does not ask for it (RFC 7301).
 */
export function secureServerOptions (pair: PemPair, { headersTimeout, maxHeaderSize }: ClientLimits): SecureServerOptions {
  return {
    ...secureContextOptions(pair),
    allowHTTP1: true,
    // For node, 0 would be its own default of two minutes.
    handshakeTimeout: headersTimeout,
    ...SESSION_LIMITS,
    settings: { ...SETTINGS, maxHeaderListSize: maxHeaderSize },
  }
}

/** The part of them that a new certificate replaces: `server.setSecureContext()` forgets what it is not given again. */
export function secureContextOptions ({ cert, key }: PemPair): { cert: string, key: string, minVersion: typeof MIN_VERSION } {
  return { cert, key, minVersion: MIN_VERSION }
}
