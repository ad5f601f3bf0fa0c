import { BadUpstreamResponseError, ClientClosedError, NoUpstreamError } from '../errors.ts'
import { joinBase } from '../location/path.ts'
import type { Location } from '../location/types.ts'
import { AnswerBody } from './answer-body.ts'
import { type Answer, Attempt } from './attempt.ts'
import { Deadlines, resolutionFor } from './deadlines.ts'
import type { Exchange } from './exchange.ts'
import { toGatewayError } from './failure.ts'
import { UpstreamPool } from './pool.ts'
import { createMemory, findOwnRedirect, isGoodAnswer, MAX_HOPS, type RedirectMemory } from './redirects.ts'
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
  readonly #deadlines: Deadlines<Attempt>
  readonly #now: () => number
  readonly #memory: RedirectMemory | null

  /** @param now - monotonic clock, in milliseconds */
  constructor (location: Location, now: () => number = () => performance.now()) {
    this.location = location
    this.pool = new UpstreamPool(location)
    this.#memory = createMemory(location)
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
    this.#recall(exchange)
    this.#attempt(exchange, callback)
  }

  /** Asks at once for where a path led before. */
  #recall (exchange: Exchange): void {
    const { request } = exchange
    const path = this.#memory?.recall(request)
    if (path === undefined) return
    exchange.recalledFrom = request.path
    request.path = path
  }

  /** Attempts under way. */
  get size (): number {
    return this.#deadlines.size
  }

  /** Ends everything under way: the gateway stops. */
  abortAll (): void {
    for (const attempt of this.#deadlines) attempt.abort(new NoUpstreamError(this.location.name))
  }

  /** Ends everything under way and closes every connection. */
  async destroy (): Promise<void> {
    this.abortAll()
    this.#deadlines.close()
    await this.pool.destroy()
  }

  /** @param upstream - who is asked; the balancer's choice by default */
  #attempt (exchange: Exchange, callback: DispatchCallback, upstream = this.pool.pick()): void {
    if (upstream === undefined) return exchange.fail(new NoUpstreamError(this.location.name))
    exchange.upstream = upstream
    const attempt = new Attempt(exchange, this.#deadlines, this.#now, {
      answered: answer => this.#receive(exchange, upstream, answer, callback),
      failed: error => exchange.fail(toGatewayError(error, this.location.name)),
      ended: outcome => {
        this.pool.outcome(upstream, outcome)
        // Broken off in the middle of the answer: only the log can still be told.
        const isLast = exchange.attempt === attempt && exchange.answer !== null
        if (isLast && outcome.error !== null) exchange.failure ??= toGatewayError(outcome.error, this.location.name)
      },
    })
    exchange.attempt = attempt
    this.pool.begin(upstream)
    this.#send(exchange, upstream, attempt)
  }

  #receive (exchange: Exchange, upstream: Upstream, answer: Answer, callback: DispatchCallback): void {
    const { request, visited } = exchange
    if (exchange.recalledFrom !== null && !isGoodAnswer(answer.statusCode)) this.#memory?.forget({ ...request, path: exchange.recalledFrom })
    const path = this.#redirectTarget(exchange, upstream, answer)
    if (path === undefined) {
      exchange.answer = answer
      return this.#deliver(exchange, answer, callback)
    }
    this.#memory?.remember(request, path)
    visited.push(request.path)
    request.path = path
    this.#attempt(exchange, callback, upstream)
    // Its attempt is not the exchange's any more; what it ends like is nobody's business.
    if (answer.body instanceof AnswerBody) answer.body.destroy()
  }

  /** @returns path and query to ask the same upstream for; `undefined` when the answer is the client's */
  #redirectTarget ({ request, visited }: Exchange, { target }: Upstream, answer: Answer): string | undefined {
    const isReplayable = request.body === null || Buffer.isBuffer(request.body)
    if (!this.location.fastapiRedirect || !isReplayable || visited.length === MAX_HOPS) return undefined
    const clientHosts = request.host === undefined ? [] : [request.host]
    const path = findOwnRedirect(answer, { prefix: '', upstreams: [target], basePath: target.basePath, clientHosts })
    return path === request.path || visited.includes(path ?? '') ? undefined : path
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
