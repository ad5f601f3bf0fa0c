import type { Duplex } from 'node:stream'
import { BadUpstreamResponseError, ClientClosedError } from '../errors.ts'
import type { RawText, ResponseHead } from '../headers/response.ts'
import { readTrailers } from '../headers/trailers.ts'
import { ResponseAssembly } from './response-assembly.ts'
import type { BodySource } from '../downstream/response-body.ts'
import { readResponseHead, readSwitchHead } from './response-head.ts'
import { INTERIM_LIMIT, type TransportHandler } from '../transport/transport.ts'
import { AttemptLifecycle } from './attempt-lifecycle.ts'

/** One try of an exchange with one upstream: takes the response from the transport, and delivers it. */
export class Attempt extends AttemptLifecycle implements TransportHandler, BodySource {
  #interims = 0
  /** Known with the head. */
  #response: ResponseAssembly | undefined
  #resumeUpstream: (() => void) | undefined
  #isDelivered = false
  #isStreamEnding = false

  get isEventStream (): boolean {
    return this.#response?.isStream === true
  }

  onBodySent (): void {
    if (this.#response === undefined) this.clock.awaitHead()
  }

  onHeaders (statusCode: number, rawHeaders: readonly RawText[], resume: () => void, statusText: string): boolean {
    const { request: { method }, location } = this.exchange
    const head = readResponseHead(statusCode, rawHeaders, statusText, location.name)
    if (statusCode < 200) return this.#passInterim(head)
    this.#response = new ResponseAssembly(head, method, this)
    this.#resumeUpstream = resume
    this.clock.receiveHead(this.isEventStream)
    // Complete. undici would not think so of a 304 with the length of another response (RFC 9110, 8.6).
    if (this.#response.isBodiless) {
      this.end(null)
      this.#deliver()
    }
    return true
  }

  /** 102 says that the upstream is at work, so that it has its time anew (RFC 2518, 10.1). Hints do not say that. */
  #passInterim (head: ResponseHead): boolean {
    if (++this.#interims > INTERIM_LIMIT) throw new BadUpstreamResponseError(this.exchange.location.name)
    if (head.statusCode === 102) this.clock.awaitHead()
    this.exchange.inform(head)
    return true
  }

  onUpgrade (statusCode: number, rawHeaders: readonly RawText[], socket: Duplex): void {
    const { request: { upgrade }, location: { name } } = this.exchange
    const head = readSwitchHead(statusCode, rawHeaders, upgrade)
    if (head === undefined) {
      socket.destroy()
      this.onError(new BadUpstreamResponseError(name))
      return
    }
    this.clock.receiveHead(true)
    this.end(null)
    this.listener.onSwitch(head, socket)
  }

  /** The read that brought the head is parsed: now it is known whether the body came with it. */
  onRead (): void {
    this.#deliver()
    // A response without a body is over for all but an upstream that does not say so: its connection is given up.
    if (this.#response!.isBodiless) this.disconnect?.(new ClientClosedError())
  }

  onData (chunk: Buffer): boolean {
    const response = this.#response!
    this.clock.awaitBody()
    const wantsMore = response.push(chunk)
    if (!wantsMore) this.clock.awaitReader()
    if (response.isOver) this.#finishStream()
    return wantsMore
  }

  /** The client has read what there was. */
  resume (): void {
    if (this.hasEnded) return
    this.clock.awaitBody()
    this.#resumeUpstream?.()
  }

  onComplete (rawTrailers: readonly RawText[] | null): void {
    this.lease.release()
    this.end(null)
    this.#response!.complete(this.exchange.request.acceptsTrailers ? readTrailers(rawTrailers) : null)
    this.#deliver()
  }

  #deliver (): void {
    if (this.#isDelivered || this.error !== null) return
    this.#isDelivered = true
    this.listener.onResponse(this.#response!.handOn())
    if (this.#isStreamEnding) this.endStream()
  }

  /** Ends an event stream, now or at its next event boundary. Other responses are left alone. */
  endStream (): void {
    this.#isStreamEnding = true
    if (this.#response?.requestEnd() === true) this.#finishStream()
  }

  /** For the client it is complete; the upstream is disconnected. */
  #finishStream (): void {
    if (this.hasEnded) return
    this.end(null)
    this.#response!.complete(null)
    this.#deliver()
    this.disconnect?.(new ClientClosedError())
  }

  protected breakOff (toError: () => Error): boolean {
    return this.#response?.breakOff(toError) ?? false
  }
}
