import type { Buffer } from 'node:buffer'
import type { Readable } from 'node:stream'
import type { GatewayError } from '../errors.ts'
import type { HeaderRecord, ResponseHead } from '../headers/response.ts'
import type { Location } from '../location.ts'
import type { Upstream } from '../pool/upstream.ts'
import type { Tunnel } from '../tunnel/tunnel.ts'
import type { UpstreamResponse } from './response-assembly.ts'

/** What is to be sent upstream, whichever upstream it will be. */
export interface UpstreamRequest {
  method: string
  /** Path and query, without the upstream's base path. Replaced where the gateway follows redirects. */
  path: string
  /** The client's `Host`; `undefined` when it sent none. */
  host: string | undefined
  /** The `Host` that a hook of the server has set, which the upstream gets in any case; `undefined` when none has. */
  ownHost: string | undefined
  /** Names and values in turn, end to end and forwarded, without `Host`. */
  headers: string[]
  /** `null` until it has been read, and when there is none. */
  body: Readable | Buffer | null
  /** The protocols that the client asks to switch to (`websocket`); `null` for an ordinary request. */
  upgrade: string | null
  /** Returns names and values of the trailers in turn when the body has ended; `null` when there will be none. */
  trailers: (() => readonly string[]) | null
  /** What the balancer hashes; `undefined` where it does not, or the request has nothing of it. */
  hashKey: string | undefined
  /** The client can be sent trailers. */
  acceptsTrailers: boolean
}

/** A request's body, before any of it has been read. */
export interface Upload {
  source: Readable
  /** The client's method. */
  method: string
  /** The header; `undefined` when the body is chunked. */
  contentLength: string | undefined
}

/** Notified of what becomes of an exchange, but of its response, which goes to the `ResponseHandler`. */
export interface ExchangeListener {
  /** An interim response (102, 103), before any other. */
  onInterim (head: ResponseHead): void
  /** There will be no response. Not called when the client has gone. */
  onFailure (error: GatewayError): void
}

/** Called once, with the final response. Throws when it cannot be sent. */
export type ResponseHandler =
  (error: null, response: { statusCode: number, headers: HeaderRecord, body: UpstreamResponse['body'] }) => void

/** The current step of an exchange, an attempt or a wait for one, as far as the exchange needs it. */
export interface Abortable {
  /** @param error - the reason; without one, the client has gone */
  abort (error?: Error): void
}

/**
 * A request with all its attempts: what is sent, the upstream that responded, and how it ended. Lives as long as the
 * request. Each part of the dispatch reports what it did; nothing is set from outside.
 */
export class Exchange {
  readonly location: Location
  readonly request: UpstreamRequest
  /** The body that is still to be read; `null` when there is none. */
  readonly upload: Upload | null
  readonly #listener: ExchangeListener
  #onResponse: ResponseHandler | null = null
  #endsAt = Infinity
  #currentStep: Abortable | null = null
  #upstream: Upstream | null = null
  #retries = 0
  #response: UpstreamResponse | null = null
  #tunnel: Tunnel | null = null
  #failure: GatewayError | null = null
  #isClientGone = false

  constructor (location: Location, request: UpstreamRequest, upload: Upload | null, listener: ExchangeListener) {
    this.location = location
    this.request = request
    this.upload = upload
    this.#listener = listener
  }

  /** The upstream of the last attempt; `null` before the first. */
  get upstream (): Upstream | null {
    return this.#upstream
  }

  /** Attempts after the first that failed; redirects are not counted. */
  get retries (): number {
    return this.#retries
  }

  /** `null` until the final response is there. */
  get response (): UpstreamResponse | null {
    return this.#response
  }

  /** Both ends have switched to another protocol; `null` for an ordinary response. */
  get tunnel (): Tunnel | null {
    return this.#tunnel
  }

  /** What went wrong, for the log. */
  get failure (): GatewayError | null {
    return this.#failure
  }

  get isClientGone (): boolean {
    return this.#isClientGone
  }

  /** When it must have ended, in milliseconds of the dispatcher's clock. */
  get endsAt (): number {
    return this.#endsAt
  }

  /** Before anything is sent: where the response goes. */
  expectResponse (onResponse: ResponseHandler): void {
    this.#onResponse = onResponse
  }

  /** @param time - in milliseconds of the dispatcher's clock */
  endBy (time: number): void {
    this.#endsAt = time
  }

  /** An attempt with an upstream begins. */
  startAttempt (upstream: Upstream, attempt: Abortable): void {
    this.#upstream = upstream
    this.#currentStep = attempt
  }

  /** A wait begins, for an upstream or for the next attempt. */
  startWait (wait: Abortable): void {
    this.#currentStep = wait
  }

  countRetry (): void {
    this.#retries++
  }

  /** The upstream has switched to another protocol: from here on the tunnel is what is under way. */
  switchTo (tunnel: Tunnel): void {
    this.#tunnel = tunnel
    this.#currentStep = tunnel
  }

  /** Passes an interim response on. */
  inform (head: ResponseHead): void {
    this.#listener.onInterim(head)
  }

  /**
   * Passes the final response on.
   * @throws when it cannot be sent
   */
  deliver (response: UpstreamResponse): void {
    this.#response = response
    this.#onResponse!(null, response)
  }

  /** The response goes on without its body, which is empty. */
  dropBody (): void {
    this.#response!.body = null
  }

  /** Ends the exchange without a response. */
  fail (error: GatewayError): void {
    if (this.#failure !== null) return
    this.#failure = error
    if (!this.#isClientGone) this.#listener.onFailure(error)
  }

  /** A response that has been passed on broke off: only the log can still be told. */
  breakOff (error: GatewayError): void {
    this.#failure ??= error
  }

  /** Stops what is under way. */
  abort (error?: Error): void {
    this.#currentStep?.abort(error)
  }

  /**
   * The client's response is over: whatever is still under way for it stops at once.
   * @param isComplete - it was sent to its end; otherwise the client went away
   */
  close (isComplete: boolean): void {
    this.#isClientGone = !isComplete
    this.abort()
  }
}
