import type { Duplex } from 'node:stream'
import { Client, type Dispatcher, Pool } from 'undici'
import type { UpstreamTarget } from '../location.ts'
import { createConnector } from './connector.ts'
import {
  type ConnectionSettings,
  KEEP_ALIVE_TIMEOUT,
  type OutgoingRequest,
  type Transport,
  type TransportHandler,
} from './transport.ts'

/**
 * HTTP/1.1 by undici: connections to one address, kept alive and reused. undici's timeouts for responses are off: the
 * attempt has its own.
 */
export class UndiciTransport implements Transport {
  readonly #target: UpstreamTarget
  readonly #options: Client.Options
  readonly #pool: Pool
  readonly #fresh = new Map<Client, Promise<void>>()

  constructor (target: UpstreamTarget, { connectTimeout, maxConnections }: ConnectionSettings) {
    this.#target = target
    this.#options = {
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: createConnector(target, connectTimeout),
    }
    this.#pool = new Pool(target.origin, { ...this.#options, connections: maxConnections })
  }

  dispatch (request: OutgoingRequest, handler: TransportHandler): void {
    this.#pool.dispatch(this.#toOptions(request), new HandlerAdapter(handler) as Dispatcher.DispatchHandler)
  }

  /** The connection is closed after the request. */
  dispatchFresh (request: OutgoingRequest, handler: TransportHandler): void {
    const client = new Client(this.#target.origin, this.#options)
    const adapter = new HandlerAdapter(handler) as Dispatcher.DispatchHandler
    client.dispatch({ ...this.#toOptions(request), reset: true }, adapter)
    const remove = () => { this.#fresh.delete(client) }
    this.#fresh.set(client, client.close().then(remove, remove))
  }

  async close (): Promise<void> {
    await Promise.all([this.#pool.close(), ...this.#fresh.values()])
  }

  async destroy (): Promise<void> {
    await Promise.all([this.#pool, ...this.#fresh.keys()].map(dispatcher => dispatcher.destroy()))
  }

  /**
   * One `servername` for all requests. Otherwise undici takes that of the Host header, which may be the client's, and
   * opens a new connection whenever it changes. The connector sets the name that the certificate is verified against.
   */
  #toOptions ({ path, method, headers, body, upgrade, trailers }: OutgoingRequest): Dispatcher.DispatchOptions {
    const { isSecure, host } = this.#target
    const options: Dispatcher.DispatchOptions = {
      path,
      method,
      // undici sends no trailers, so none may be announced.
      headers: trailers === null ? headers : withoutTrailerField(headers),
      body,
      upgrade,
    }
    return isSecure ? withServerName(options, host) : options
  }
}

/**
 * An option that undici reads (`servername` in lib/core/request.js), though neither its documentation nor its types
 * have it.
 */
function withServerName (options: Dispatcher.DispatchOptions, servername: string): Dispatcher.DispatchOptions {
  return { ...options, servername } as Dispatcher.DispatchOptions
}

function withoutTrailerField (headers: string[]): string[] {
  return headers.filter((_, index) => headers[index - index % 2]!.toLowerCase() !== 'trailer')
}

/** Adapts a handler to undici, which has no event for the end of a read. */
class HandlerAdapter implements Omit<TransportHandler, 'onRead'> {
  readonly #handler: TransportHandler
  #hasEnded = false

  constructor (handler: TransportHandler) {
    this.#handler = handler
  }

  onConnect (abort: (error?: Error) => void): void {
    this.#handler.onConnect(abort)
  }

  onBodySent (): void {
    this.#handler.onBodySent()
  }

  onHeaders (statusCode: number, rawHeaders: readonly Buffer[], resume: () => void, statusText: string): boolean {
    const takesMore = this.#handler.onHeaders(statusCode, rawHeaders, resume, statusText)
    // The rest of this read is parsed before a microtask runs.
    if (statusCode >= 200) queueMicrotask(() => { if (!this.#hasEnded) this.#handler.onRead() })
    return takesMore
  }

  onUpgrade (statusCode: number, rawHeaders: readonly Buffer[], socket: Duplex): void {
    this.#handler.onUpgrade(statusCode, rawHeaders, socket)
  }

  onData (chunk: Buffer): boolean {
    return this.#handler.onData(chunk)
  }

  onComplete (rawTrailers: readonly Buffer[] | null): void {
    this.#hasEnded = true
    this.#handler.onComplete(rawTrailers)
  }

  onError (error: Error): void {
    this.#hasEnded = true
    this.#handler.onError(error)
  }
}
