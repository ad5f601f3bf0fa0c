import { BadUpstreamResponseError, ClientClosedError, NoUpstreamError, UpstreamTimeoutError } from '../errors.ts'
import { joinBase } from '../location/path.ts'
import type { Location } from '../location/types.ts'
import { type Answer, Attempt } from './attempt.ts'
import { Deadlines, resolutionFor } from './deadlines.ts'
import type { Exchange } from './exchange.ts'
import { toGatewayError } from './failure.ts'
import { UpstreamPool } from './pool.ts'
import type { Upstream } from './upstream.ts'

/** Carries an exchange through reply-from, which hands its headers on by `Object.assign`: symbols survive that. */
export const EXCHANGE: unique symbol = Symbol('fastify-gateway.exchange')

/** What reply-from asks of its `undici` option, as far as it is used. */
export interface DispatchOptions {
  headers: { [EXCHANGE]: Exchange }
}

export type DispatchCallback = (error: Error | null, answer: Answer) => void

/**
 * What stands behind reply-from's `undici` option for one location: it picks an upstream, sends the request there, and
 * reports what became of it. The exchange comes with the headers; what reply-from made of path, headers and body is
 * not used, because it has been decided already, byte for byte.
 */
export class Dispatcher {
  readonly location: Location
  readonly pool: UpstreamPool
  readonly #deadlines: Deadlines
  readonly #now: () => number
  readonly #active = new Set<Exchange>()

  /** @param now - monotonic clock, in milliseconds */
  constructor (location: Location, now: () => number = () => performance.now()) {
    this.location = location
    this.pool = new UpstreamPool(location)
    this.#now = now
    this.#deadlines = new Deadlines(now, resolutionFor(Object.values(location.timeouts)))
  }

  /**
   * For reply-from. The callback gets answers only; a failure goes to the exchange, so that it is logged once.
   */
  request (options: DispatchOptions, callback: DispatchCallback): void {
    const exchange = options.headers[EXCHANGE]
    if (exchange.isClientGone) return exchange.fail(new ClientClosedError())
    const { request: limit } = this.location.timeouts
    if (limit !== 0) exchange.endsAt = this.#now() + limit
    this.#active.add(exchange)
    this.#attempt(exchange, callback)
  }

  /** Exchanges under way. */
  get size (): number {
    return this.#active.size
  }

  /** Ends everything under way. */
  abortAll (): void {
    for (const exchange of this.#active) exchange.attempt?.abort(new UpstreamTimeoutError(this.location.name))
  }

  /** Ends everything under way and closes every connection. */
  async destroy (): Promise<void> {
    this.abortAll()
    this.#deadlines.close()
    await this.pool.destroy()
  }

  #attempt (exchange: Exchange, callback: DispatchCallback): void {
    const upstream = this.pool.pick()
    if (upstream === undefined) {
      this.#active.delete(exchange)
      exchange.fail(new NoUpstreamError(this.location.name))
      return
    }
    exchange.upstream = upstream
    const attempt = new Attempt(exchange, this.#deadlines, this.#now, {
      answered: answer => {
        exchange.answer = answer
        this.#deliver(exchange, answer, callback)
      },
      failed: error => exchange.fail(toGatewayError(error, this.location.name)),
      ended: outcome => {
        if (outcome.error !== null && exchange.answer !== null) exchange.failure = toGatewayError(outcome.error, this.location.name)
        this.pool.outcome(upstream, outcome)
        this.#active.delete(exchange)
        // Broken off in the middle of the answer: only the log can still be told.
        if (exchange.answer !== null && outcome.error !== null) exchange.failure ??= toGatewayError(outcome.error, this.location.name)
      },
    })
    exchange.attempt = attempt
    this.pool.begin(upstream)
    this.#send(exchange, upstream, attempt)
  }

  /** An answer that Fastify cannot send, because of one of its headers, is a bad answer, and not the end of the process. */
  #deliver (exchange: Exchange, answer: Answer, callback: DispatchCallback): void {
    try {
      callback(null, answer)
    } catch (cause) {
      const failure = new BadUpstreamResponseError(this.location.name, { cause })
      exchange.fail(failure)
      exchange.attempt?.abort(failure)
    }
  }

  #send ({ request }: Exchange, upstream: Upstream, attempt: Attempt): void {
    const { target } = upstream
    const host = this.#hostFor(upstream, request.host)
    upstream.connections.dispatch({
      path: joinBase(target.basePath, request.path),
      method: request.method,
      headers: ['host', host, ...request.headers],
      body: request.body,
      // One for all requests. Otherwise undici takes the Host header's, which may be the client's, and opens a new
      // connection whenever it changes. The name that the certificate is held against is the connector's.
      ...(target.isSecure && { servername: target.host }),
    }, attempt)
  }

  #hostFor ({ target }: Upstream, clientHost: string | undefined): string {
    const { rewriteHost } = this.location
    const useUpstreams = rewriteHost === 'auto' ? target.isSecure : rewriteHost
    return useUpstreams ? target.host : clientHost ?? target.host
  }
}
