import type { Duplex, Readable } from 'node:stream'
import type { RawText } from '../headers/raw-text.ts'

/** A request as one upstream gets it. */
export interface OutgoingRequest {
  method: string
  /** Path and query, with the upstream's base path. */
  path: string
  /** Flat list of names and values as they are to be written, `host` first; without what frames the body. */
  headers: string[]
  body: Readable | Buffer | null
  /** The protocols that it asks to switch to (`websocket`); `null` for an ordinary request. */
  upgrade: string | null
  /** Tells the flat list of trailers when the body has ended; `null` when there will be none. */
  trailers: (() => readonly string[]) | null
}

/**
 * Who is told what becomes of a request: the events of undici's handlers, in their order, and `onRead`. A request ends with
 * exactly one of `onComplete`, `onUpgrade` and `onError`. What a handler throws ends the request with that error.
 */
export interface TransportHandler {
  /**
   * A connection is there, and the request is about to be written. Called once.
   * @param abort - ends it: its connection, or its stream, is closed
   */
  onConnect (abort: (error?: Error) => void): void
  /** A piece of the body has been written. */
  onBodySent (): void
  /**
   * The head of an answer, or of an interim one (102, 103), after which others come.
   * @param rawHeaders - names and values in turn, as they came
   * @param resume - more can be taken, after `onData` has said no
   * @returns whether more can be taken
   */
  onHeaders (statusCode: number, rawHeaders: readonly RawText[], resume: () => void, statusText: string): boolean
  /** 101: from here on the connection is the receiver's. What has come behind the head is in it. */
  onUpgrade (statusCode: number, rawHeaders: readonly RawText[], socket: Duplex): void
  /** @returns whether more can be taken; else it pauses until `resume` is called */
  onData (chunk: Buffer): boolean
  /** What came with the head of an answer, in one read, has been told. Called once, unless it was all of the answer. */
  onRead (): void
  /** @param rawTrailers - names and values in turn; `null` when there are none */
  onComplete (rawTrailers: readonly RawText[] | null): void
  onError (error: Error): void
}

/**
 * How long an unused connection of HTTP/1.1 is kept, in milliseconds. Below what servers usually keep (gunicorn 2 s, uvicorn
 * and Node 5 s), so that a connection is not used in the moment in which its other end closes it. A server that announces
 * its time (`Keep-Alive: timeout=5`) gets it less 2 s.
 */
export const KEEP_ALIVE_TIMEOUT = 1500

/** What the connections to an upstream are opened with. */
export interface ConnectionSettings {
  /** Milliseconds; 0 is none. */
  connectTimeout: number
  /** How many there are at most. */
  maxConnections: number
}

/** The connections to one upstream, and what speaks its protocol on them. */
export interface Transport {
  /** On a connection that is there, or a new one. */
  dispatch (request: OutgoingRequest, handler: TransportHandler): void
  /**
   * On a connection that has not been used before: whoever comes back because a kept one had been closed must not meet the
   * next of that kind.
   */
  dispatchFresh (request: OutgoingRequest, handler: TransportHandler): void
  /** Takes no more; ends when the last request has. */
  close (): Promise<void>
  /** Closes every connection, at once. */
  destroy (): Promise<void>
}

/**
 * How many interim answers may come before an answer. An app that says 102 every second has a quarter of an hour; more is a
 * way to keep a client waiting for ever.
 */
export const INTERIM_LIMIT = 1000

/** What came from an upstream is not the protocol that it was asked in. */
export class ProtocolError extends Error {
  readonly code = 'ERR_UPSTREAM_PROTOCOL'
}

/** The request cannot be written in the upstream's protocol; another upstream's may have words for it. */
export class UnsupportedError extends Error {
  readonly code = 'ERR_UPSTREAM_UNSUPPORTED'
}

/** The request cannot be written at all. */
export class UnsendableError extends Error {
  readonly code = 'ERR_UPSTREAM_UNSENDABLE'
}

/** It was sent, and nothing of it has been acted on: the upstream says so, and it may be repeated, whatever its method (RFC 9113, 8.7). */
export class UnprocessedError extends Error {
  readonly code = 'ERR_UPSTREAM_UNPROCESSED'
  /** Its connection was being closed in good order: the upstream is not to blame. */
  readonly isBlameless: boolean

  constructor (message: string, isBlameless: boolean) {
    super(message)
    this.isBlameless = isBlameless
  }
}
