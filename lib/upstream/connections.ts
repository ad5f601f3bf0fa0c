import { Client, type Dispatcher, Pool } from 'undici'
import type { UpstreamTarget } from '../location/types.ts'
import { createConnector } from './connector.ts'

// Below what servers usually keep (gunicorn 2 s, uvicorn and Node 5 s), so that a connection is not used in the moment
// in which its other end closes it. A server that announces its time (`Keep-Alive: timeout=5`) gets it less 2 s.
const KEEP_ALIVE_TIMEOUT = 1500

/** What the connections to an upstream are opened with. */
export interface ConnectionSettings {
  /** Milliseconds; 0 is none. */
  connectTimeout: number
  /** How many there are at most. */
  maxConnections: number
}

/**
 * The connections to one address, kept alive and reused. The times of an answer are kept by the attempt; undici's own
 * are off.
 */
export class Connections {
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

  /** On a connection that is there, or a new one. */
  dispatch (options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#pool.dispatch(this.#named(options), handler)
  }

  /**
   * On a connection of its own, which is closed behind it: whoever comes back because a kept one had been closed must not
   * meet the next of that kind.
   */
  dispatchFresh (options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    const client = new Client(this.#target.origin, this.#options)
    client.dispatch({ ...this.#named(options), reset: true }, handler)
    const forget = () => { this.#fresh.delete(client) }
    this.#fresh.set(client, client.close().then(forget, forget))
  }

  /** Ends when the last request has; takes no more. */
  async close (): Promise<void> {
    await Promise.all([this.#pool.close(), ...this.#fresh.values()])
  }

  /** Closes every connection, at once. */
  async destroy (): Promise<void> {
    await Promise.all([this.#pool, ...this.#fresh.keys()].map(dispatcher => dispatcher.destroy()))
  }

  /**
   * One name for all requests. Otherwise undici takes the Host header's, which may be the client's, and opens a new
   * connection whenever it changes. The name that the certificate is held against is the connector's.
   */
  #named (options: Dispatcher.DispatchOptions): Dispatcher.DispatchOptions {
    return this.#target.isSecure ? { ...options, servername: this.#target.host } as Dispatcher.DispatchOptions : options
  }
}
