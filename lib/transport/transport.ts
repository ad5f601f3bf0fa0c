import type { Duplex, Readable } from 'node:stream'
import type { RawText } from '../headers/response.ts'

/** A request as one upstream gets it. */
export interface OutgoingRequest {
  method: string
  /** Path and query, with the upstream's base path. */
  path: string
  /** Flat list of names and values as they are to be written, `host` first; without those that frame the body. */
  headers: string[]
  body: Readable | Buffer | null
  /** The protocols that it asks to switch to (`websocket`); `null` for an ordinary request. */
  upgrade: string | null
  /** Returns the flat list of trailers once the body has ended; `null` when there will be none. */
  trailers: (() => readonly string[]) | null
}

/**
 * The events of a request: those of undici's dispatch handlers, in their order, and `onRead`. Exactly one of
 * `onComplete`, `onUpgrade` and `onError` is the last. An exception thrown by a handler ends the request with that
 * error.
 */
export interface TransportHandler {
  /**
   * A connection is there, and the request is about to be written. Called once.
   * @param abort - ends the request: its connection, or its stream, is closed
   */
  onConnect (abort: (error?: Error) => void): void
  /** A part of the body has been written. */
  onBodySent (): void
  /**
   * The head of a response, or of an interim response (102, 103), which others follow.
   * @param rawHeaders - names and values in turn, as they came
   * @param resume - to be called when more can be taken after this or `onData` has returned false
   * @returns whether more can be taken
   */
  onHeaders (statusCode: number, rawHeaders: readonly RawText[], resume: () => void, statusText: string): boolean
  /** 101: from here on the socket belongs to the handler. It still contains what followed the head. */
  onUpgrade (statusCode: number, rawHeaders: readonly RawText[], socket: Duplex): void
  /** @returns whether more can be taken; else reading pauses until `resume` is called */
  onData (chunk: Buffer): boolean
  /**
   * The read that brought the response's head has been passed on. Called once, unless that read brought the whole
   * response.
   */
  onRead (): void
  /** @param rawTrailers - names and values in turn; `null` when there are none */
  onComplete (rawTrailers: readonly RawText[] | null): void
  onError (error: Error): void
}

/**
 * How long an unused HTTP/1.1 connection is kept, in milliseconds. Below what servers usually allow (gunicorn 2 s,
 * uvicorn and Node 5 s), so that a connection is not reused in the moment in which the upstream closes it. A server
 * that announces its timeout (`Keep-Alive: timeout=5`) gets that less 2 s.
 */
export const KEEP_ALIVE_TIMEOUT = 1500

/** Options of the connections to an upstream. */
export interface ConnectionSettings {
  /** Milliseconds; 0 is none. */
  connectTimeout: number
  /** The most connections that are open at a time. */
  maxConnections: number
}

/** The connections to one upstream, and the protocol that is spoken on them. */
export interface Transport {
  /** Sends a request on a kept connection, or on a new one. */
  dispatch (request: OutgoingRequest, handler: TransportHandler): void
  /**
   * Sends a request on a connection that has not been used before: a retry after a kept connection turned out to be
   * closed must not meet the next closed one.
   */
  dispatchFresh (request: OutgoingRequest, handler: TransportHandler): void
  /** Takes no more requests; resolves when the last one has ended. */
  close (): Promise<void>
  /** Closes every connection at once. */
  destroy (): Promise<void>
}

/**
 * The most interim responses before a response. An app that sends 102 every second has a quarter of an hour; more is a
 * way to keep a client waiting for ever.
 */
export const INTERIM_LIMIT = 1000
