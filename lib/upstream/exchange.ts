import type { Buffer } from 'node:buffer'
import type { Readable } from 'node:stream'
import type { GatewayError } from '../errors.ts'
import type { AnswerHead, HeaderRecord } from '../headers/response.ts'
import type { Location } from '../configuration/types.ts'
import type { Tunnel } from '../tunnel/tunnel.ts'
import type { Answer } from './answer-assembly.ts'
import type { Upstream } from '../pool/upstream.ts'

/** What is to be sent upstream, whichever upstream it will be. */
export interface UpstreamRequest {
  method: string
  /** Path and query, without the upstream's base path. */
  path: string
  /** The client's `Host`; `undefined` when it sent none. */
  host: string | undefined
  /** The `Host` that a hook of the server's has set, which the upstream gets in any case; `undefined` when none has. */
  ownHost: string | undefined
  /** Flat list of names and values, end to end and forwarded, without `Host`. */
  headers: string[]
  body: Readable | Buffer | null
  /** The protocols that the client asks to switch to (`websocket`); `null` for an ordinary request. */
  upgrade: string | null
  /** Tells the flat list of trailers when the body has ended; `null` when there will be none. */
  trailers: (() => readonly string[]) | null
}

/** A request's body, before any of it has been read. */
export interface Upload {
  source: Readable
  /** The client's method. */
  method: string
  /** The header; `undefined` when the body is chunked. */
  contentLength: string | undefined
}

/** Notified of what becomes of an exchange; its response goes to `Exchange.onResponse`. */
export interface ExchangeListener {
  /** An interim response (102, 103), before any other. */
  onInterim (head: AnswerHead): void
  /** There will be no response. Not called when the client has gone. */
  onFailure (error: GatewayError): void
}

/** Called once, with the final response. Throws when it cannot be sent. */
type ResponseHandler = (error: null, response: { statusCode: number, headers: HeaderRecord, body: Answer['body'] }) => void

/** What is under way for an exchange, an attempt or a wait for one, as it sees it: something that can be stopped. */
export interface Abortable {
  /** @param error - why; the client has gone when there is none */
  abort (error?: Error): void
}

/** One client's request on its way: what is sent, who answers it, and how it ended. Lives as long as the request. */
export class Exchange {
  readonly location: Location
  readonly request: UpstreamRequest
  /** The body that is still to be read; `null` when there is none. */
  readonly upload: Upload | null
  /** What of the request decides who is asked, where the balancer hashes. */
  hashKey: string | undefined
  /** Who is asked, or was asked last; `null` until one is picked. */
  upstream: Upstream | null = null
  /** Tries after the first. */
  retries = 0
  /** Paths that redirected here, where the gateway follows redirects. */
  readonly visited: string[] = []
  /** The path that was asked for, when another one was known to be meant. */
  recalledFrom: string | null = null
  /** What it answered; `null` until it does. */
  answer: Answer | null = null
  /** Both ends have switched to another protocol; `null` for an ordinary answer. */
  tunnel: Tunnel | null = null
  /** What went wrong, for the log. */
  failure: GatewayError | null = null
  /** When it must have ended, in milliseconds of the dispatcher's clock. */
  endsAt = Infinity
  isClientGone = false
  /** The client can be sent trailers. */
  takesTrailers = false
  currentStep: Abortable | null = null
  /** Set when the exchange starts. */
  onResponse: ResponseHandler | null = null
  readonly #listener: ExchangeListener

  constructor (location: Location, request: UpstreamRequest, upload: Upload | null, listener: ExchangeListener) {
    this.location = location
    this.request = request
    this.upload = upload
    this.#listener = listener
  }

  /** Passes an interim answer on. */
  inform (head: AnswerHead): void {
    this.#listener.onInterim(head)
  }

  /**
   * Passes the answer on.
   * @throws when it cannot be sent
   */
  deliver (answer: Answer): void {
    this.answer = answer
    if (!this.isClientGone) this.onResponse!(null, answer)
  }

  /** Ends the exchange without an answer. */
  fail (error: GatewayError): void {
    if (this.failure !== null) return
    this.failure = error
    if (!this.isClientGone) this.#listener.onFailure(error)
  }

  /**
   * The response is over, one way or the other: whatever is still under way for it stops at once.
   * @param isComplete - it was sent to its end; else the client went away
   */
  close (isComplete: boolean): void {
    this.isClientGone = !isComplete
    this.currentStep?.abort()
  }
}
