import type { Duplex } from 'node:stream'
import { NO_SLOT } from '../slots.ts'
import { createCloseFrame, GOING_AWAY } from './close-frame.ts'
import { Flow, type FlowListener } from './flow.ts'
import { FrameBoundary } from './websocket-frames.ts'

/** How long one end may take to close when the other has, in milliseconds. */
export const LINGER_TIME = 5000

/** What a tunnel lives in. */
export interface TunnelContext {
  /** Monotonic clock, in milliseconds. */
  now: () => number
  /** Milliseconds without a byte in either direction after which it is cut; 0 is none. */
  idleTimeout: number
  /** How long a client may take to read what is left when its upstream has closed, in milliseconds; 0 is for ever. */
  readerTimeout: number
  /** Called once, when the sockets are closed. */
  ended: () => void
}

/**
 * Two sockets tied together after a switch of protocols: raw bytes both ways, with back-pressure. Nothing is read of them
 * but, for WebSockets, where frames end, so that a close frame can be sent when the gateway stops.
 */
export class Tunnel implements FlowListener {
  /** What both ends speak now: the answer's `Upgrade`. */
  readonly protocol: string
  slot = NO_SLOT
  readonly #context: TunnelContext
  readonly #isWebSocket: boolean
  readonly #upstream: Duplex
  #client: Duplex | null = null
  #flows: readonly Flow[] = []
  #movedAt: number
  #lingersUntil = Infinity
  #isUnwanted = false
  #isParting = false
  #hasEnded = false

  /** @param upstream - whose bytes, from the first behind its answer's head, have not been read */
  constructor (upstream: Duplex, protocol: string, context: TunnelContext) {
    this.protocol = protocol
    this.#isWebSocket = protocol.toLowerCase() === 'websocket'
    this.#context = context
    this.#upstream = upstream
    this.#movedAt = context.now()
    // A connection that closes is an end, whatever is wrong with it.
    upstream.on('error', ignore).on('close', this.#upstreamClosed)
  }

  /** When to look whether it is to be cut, in the clock's milliseconds. */
  get deadline (): number {
    const { idleTimeout } = this.#context
    return Math.min(this.#lingersUntil, idleTimeout === 0 ? Infinity : this.#movedAt + idleTimeout)
  }

  /**
   * Ties the client to it, once it has been told of the switch.
   * @param client - whose bytes, from the first behind its request, have not been read
   */
  join (client: Duplex): void {
    if (this.#upstream.destroyed) {
      client.destroy()
      return
    }
    this.#client = client.on('error', ignore).on('close', this.#clientClosed)
    this.#flows = [this.#tie(client, this.#upstream), this.#tie(this.#upstream, client)]
    for (const flow of this.#flows) flow.start()
    if (this.#isUnwanted) this.endStream()
  }

  #tie (source: Duplex, destination: Duplex): Flow {
    return new Flow(source, destination, this.#isWebSocket ? new FrameBoundary() : null, this)
  }

  /** The gateway stops: both ends of a WebSocket are told so, between two frames. Of another protocol nothing is known. */
  endStream (): void {
    this.#isUnwanted = true
    if (!this.#isWebSocket || this.#isParting || this.#flows.length === 0 || this.#flows.some(flow => flow.isClosing)) return
    this.#isParting = true
    this.#flows.forEach((flow, index) => flow.sayFarewell(createCloseFrame(GOING_AWAY, index === TO_UPSTREAM)))
  }

  /** When both have been told, an end that has said the same is waited for no longer (RFC 6455, 7.1.1). */
  parted (): void {
    const [toUpstream, toClient] = this.#flows
    if (!toUpstream!.isOver || !toClient!.isOver) return
    if (toUpstream!.isClosing) this.#client!.end()
    if (toClient!.isClosing) this.#upstream.end()
  }

  /** Ends both ends at once. */
  abort (): void {
    this.#upstream.destroy()
    this.#client?.destroy()
  }

  expire (): void {
    this.abort()
  }

  moved (): void {
    if (this.#context.idleTimeout !== 0) this.#movedAt = this.#context.now()
  }

  /** A half-closed connection has a meaning in other protocols; a WebSocket of which one end has closed is over. */
  drained (): void {
    if (this.#isWebSocket || this.#upstream.destroyed) this.#lingerFor(LINGER_TIME)
  }

  #lingerFor (time: number): void {
    this.#lingersUntil = Math.min(this.#lingersUntil, this.#context.now() + time)
  }

  readonly #upstreamClosed = () => {
    // After a proper end the client still gets what there is of it.
    if (!this.#upstream.readableEnded) this.#client?.destroy()
    else if (this.#client?.writableFinished === true) this.#lingerFor(LINGER_TIME)
    else if (this.#context.readerTimeout !== 0) this.#lingerFor(this.#context.readerTimeout)
    this.#end()
  }

  readonly #clientClosed = () => {
    // What it sent before its proper end is still on its way.
    if (this.#client!.readableEnded && !this.#upstream.writableFinished) this.#lingerFor(LINGER_TIME)
    else this.#upstream.destroy()
    this.#end()
  }

  #end (): void {
    if (this.#hasEnded || !this.#upstream.closed || this.#client?.closed === false) return
    this.#hasEnded = true
    this.#context.ended()
  }
}

const TO_UPSTREAM = 0

function ignore (): void {}
