import type { Duplex } from 'node:stream'
import { BadUpstreamResponseError, type GatewayError, NoUpstreamError, OverloadedError } from '../errors.ts'
import type { Location, UpstreamTarget } from '../location.ts'
import { joinBase } from '../routing/upstream-path.ts'
import { Lease } from '../pool/lease.ts'
import type { Upstream } from '../pool/upstream.ts'
import { AT_CAPACITY } from '../pool/upstream-picker.ts'
import { isRetryStatus, type Phase } from '../retry/decide.ts'
import type { UpstreamResponse } from './response-assembly.ts'
import type { SwitchHead } from './response-head.ts'
import type { Exchange, UpstreamRequest } from './exchange.ts'
import type { OutgoingRequest } from '../transport/transport.ts'
import { Attempt } from './attempt.ts'
import type { AttemptListener } from './attempt-lifecycle.ts'
import type { DispatchContext, Sender } from './context.ts'
import { toGatewayError } from './failure.ts'
import { openTunnel } from './open-tunnel.ts'
import { classifyFailure, classifyPhase, classifyStatus } from './outcome.ts'
import { QueuedExchange } from './queued-exchange.ts'
import type { RedirectTrail } from './redirect-follower.ts'
import { discardBody, Retry } from './retry.ts'

/**
 * The course of one exchange: an upstream is picked, an attempt made, perhaps more (retries, redirects), and the
 * response or the failure goes back to the exchange. One attempt at a time.
 */
export class Forwarding implements AttemptListener, Sender {
  readonly #context: DispatchContext
  readonly #exchange: Exchange
  #attempt!: Attempt
  #lease!: Lease
  #retry: Retry | null = null
  /** `null` where redirects are passed on to the client. */
  #redirects: RedirectTrail | null = null

  constructor (context: DispatchContext, exchange: Exchange) {
    this.#context = context
    this.#exchange = exchange
  }

  start (): void {
    this.#context.retryBudget?.deposit(this.#context.now())
    this.#redirects = this.#context.redirects?.follow(this.#exchange.request) ?? null
    this.send()
  }

  send (): void {
    const choice = this.#context.pool.pick(this.#exchange.request.hashKey)
    if (choice !== AT_CAPACITY) return this.sendTo(choice)
    const queued = new QueuedExchange(this.#context, this.#exchange, this)
    if (!queued.start()) this.#exchange.fail(new OverloadedError(this.#context.location.name))
  }

  sendTo (upstream: Upstream | undefined): void {
    if (upstream === undefined) this.#exchange.fail(new NoUpstreamError(this.#context.location.name))
    else this.#startAttempt(upstream)
  }

  #startAttempt (upstream: Upstream): void {
    const { pool, deadlines, now, isEndingStreams, location } = this.#context
    this.#lease = new Lease(pool, upstream)
    this.#attempt = new Attempt(this.#exchange, this.#lease, deadlines, now, this)
    this.#exchange.startAttempt(upstream, this.#attempt)
    if (isEndingStreams()) this.#attempt.endStream()
    const request = toOutgoingRequest(this.#exchange.request, upstream.target, location.rewriteHost)
    // After a kept connection that had been closed, a retry must not get another one of that kind.
    if (this.#exchange.retries > 0) upstream.transport.dispatchFresh(request, this.#attempt)
    else upstream.transport.dispatch(request, this.#attempt)
  }

  onResponse (response: UpstreamResponse): void {
    const { location } = this.#context
    const { statusCode } = response
    // An event stream may last for hours: its head is its result.
    const isBodyPending = !this.#attempt.hasEnded && !this.#attempt.isEventStream
    this.#lease.recordResponse(classifyStatus(statusCode), this.#attempt.latency, isBodyPending)
    if (isRetryStatus(location.retry, statusCode) && this.#tryAgain('refused', null, response)) return
    if (this.#redirects?.takes(response, this.#lease.upstream.target) !== true) return this.#deliver(response)
    discardBody(response)
    this.#sendRedirected(this.#lease.upstream)
  }

  /** To the same upstream, unless that is at capacity or has been removed. */
  #sendRedirected (upstream: Upstream): void {
    if (this.#context.pool.canReuse(upstream)) this.#startAttempt(upstream)
    else this.send()
  }

  onSwitch (head: SwitchHead, socket: Duplex): void {
    this.#lease.recordResponse('success', this.#attempt.latency, false)
    const tunnel = openTunnel(this.#context, this.#lease, socket, head.protocol)
    this.#exchange.switchTo(tunnel)
    this.#deliver({ ...head, isEventStream: false, body: null })
  }

  onFailure (error: Error): void {
    const failure = toGatewayError(error, this.#context.location.name)
    // With the lease still held there is no connection yet, and the attempt records what becomes of that.
    if (this.#lease.isReleased) this.#recordFailure(failure)
    const phase = classifyPhase(failure, this.#attempt.hasConnected)
    if (!this.#tryAgain(phase, failure)) this.#exchange.fail(failure)
  }

  onEnd (error: Error | null): void {
    if (error === null) return this.#lease.recordEnd()
    if (this.#exchange.response === null) return
    // Broken off in the middle of the response: too late for the client, but not for the log.
    const failure = toGatewayError(error, this.#context.location.name)
    this.#recordFailure(failure)
    this.#exchange.breakOff(failure)
  }

  #recordFailure (failure: GatewayError): void {
    const result = this.#attempt.isBlameless ? 'neutral' : classifyFailure(failure)
    this.#lease.recordFailure(result, this.#attempt.latency)
  }

  /** @returns whether there is another attempt, now or later */
  #tryAgain (phase: Phase, failure: GatewayError | null, response?: UpstreamResponse): boolean {
    this.#retry ??= new Retry(this.#context, this.#exchange, this)
    return this.#retry.schedule(phase, failure, response)
  }

  /** A response that Fastify cannot send, because of a bad header, must not end the process. */
  #deliver (response: UpstreamResponse): void {
    try {
      this.#exchange.deliver(response)
    } catch (cause) {
      const failure = new BadUpstreamResponseError(this.#context.location.name, { cause })
      this.#exchange.fail(failure)
      this.#exchange.abort(failure)
    }
  }
}

/** A request as an upstream gets it: with its base path, and with the `Host` that `rewriteHost` says. */
function toOutgoingRequest (
  { path, method, headers, body, host, ownHost, upgrade, trailers }: UpstreamRequest,
  target: UpstreamTarget,
  rewriteHost: Location['rewriteHost']
): OutgoingRequest {
  const isHostRewritten = rewriteHost === 'auto' ? target.isSecure : rewriteHost
  return {
    path: joinBase(target.basePath, path),
    method,
    headers: ['host', ownHost ?? (isHostRewritten ? target.host : host ?? target.host), ...headers],
    body,
    upgrade,
    trailers,
  }
}
