import type { Duplex } from 'node:stream'
import { NOT_IN_SET } from '../collections/indexed-set.ts'
import { Flow, type FlowListener } from './flow.ts'
import { createCloseFrame, FrameScanner, GOING_AWAY } from './websocket-frames.ts'
import { ignore } from '../ignore.ts'

/** How long one end may take to close after the other, in milliseconds. */
export const LINGER_TIME = 5000

/** The surroundings of a tunnel. */
export interface TunnelContext {
  /** Monotonic clock, in milliseconds. */
  now: () => number
  /** Milliseconds without a byte in either direction after which it is aborted; 0 is none. */
  idleTimeout: number
  /** How long a client may take to read the rest when its upstream has closed, in milliseconds; 0 is for ever. */
  readerTimeout: number
  /** Called once, when both sockets are closed. */
  onEnd: () => void
}

/**
 * Two sockets connected to each other after a switch of protocols: raw bytes both ways, with back-pressure. Of a
 * WebSocket the ends of frames are found, so that a close frame can be inserted when the gateway stops; nothing else is
 * parsed.
 */
export class Tunnel implements FlowListener {
  /** What both ends speak: the `Upgrade` of the response. */
  readonly protocol: string
  setIndex = NOT_IN_SET
  readonly #context: TunnelContext
  readonly #isWebSocket: boolean
  readonly #upstream: Duplex
  #client: Duplex | null = null
  #flows: readonly Flow[] = []
  #lastDataAt: number
  #lingersUntil = Infinity
  #isEndRequested = false
  #isClosing = false
  #hasEnded = false

  /** @param upstream - of which nothing after the response's head has been read */
  constructor (upstream: Duplex, protocol: string, context: TunnelContext) {
    this.protocol = protocol
    this.#isWebSocket = protocol.toLowerCase() === 'websocket'
    this.#context = context
    this.#upstream = upstream
    this.#lastDataAt = context.now()
    // 'close' follows an error, and is the event that counts.
    upstream.on('error', ignore).on('close', this.#onUpstreamClose)
  }

  /** When `expire` is to be called, in the clock's milliseconds. */
  get deadline (): number {
    const { idleTimeout } = this.#context
    return Math.min(this.#lingersUntil, idleTimeout === 0 ? Infinity : this.#lastDataAt + idleTimeout)
  }

  /**
   * Connects the client, once the head of the response has been written to it.
   * @param client - of which nothing after the request has been read
   */
  join (client: Duplex): void {
    if (this.#upstream.destroyed) {
      client.destroy()
      return
    }
    this.#client = client.on('error', ignore).on('close', this.#onClientClose)
    this.#flows = [this.#createFlow(client, this.#upstream), this.#createFlow(this.#upstream, client)]
    for (const flow of this.#flows) flow.start()
    if (this.#isEndRequested) this.endStream()
  }

  #createFlow (source: Duplex, destination: Duplex): Flow {
    return new Flow(source, destination, this.#isWebSocket ? new FrameScanner() : null, this)
  }

  /**
   * The gateway stops: both ends of a WebSocket get a close frame. Other protocols have no such frame that we know of.
   */
  endStream (): void {
    this.#isEndRequested = true
    if (!this.#isWebSocket || this.#isClosing) return
    if (this.#flows.length === 0 || this.#flows.some(flow => flow.isClosing)) return
    this.#isClosing = true
    this.#flows.forEach((flow, index) => {
      flow.insertCloseFrame(createCloseFrame(GOING_AWAY, index === TO_UPSTREAM))
    })
  }

  /** When both ends have got a close frame, an end that has sent its own is closed at once (RFC 6455, 7.1.1). */
  onClosing (): void {
    const [toUpstream, toClient] = this.#flows
    if (!toUpstream!.hasSentClose || !toClient!.hasSentClose) return
    if (toUpstream!.isClosing) this.#client!.end()
    if (toClient!.isClosing) this.#upstream.end()
  }

  /** Closes both ends at once. */
  abort (): void {
    this.#upstream.destroy()
    this.#client?.destroy()
  }

  expire (): void {
    this.abort()
  }

  onData (): void {
    if (this.#context.idleTimeout !== 0) this.#lastDataAt = this.#context.now()
  }

  /** A half-closed connection may go on in other protocols; a WebSocket is over when one end has closed. */
  onEnd (): void {
    if (this.#isWebSocket || this.#upstream.destroyed) this.#lingerFor(LINGER_TIME)
  }

  #lingerFor (time: number): void {
    this.#lingersUntil = Math.min(this.#lingersUntil, this.#context.now() + time)
  }

  readonly #onUpstreamClose = () => {
    // After an end in good order the client still gets the rest.
    if (!this.#upstream.readableEnded) this.#client?.destroy()
    else if (this.#client?.writableFinished === true) this.#lingerFor(LINGER_TIME)
    else if (this.#context.readerTimeout !== 0) this.#lingerFor(this.#context.readerTimeout)
    this.#endIfClosed()
  }

  readonly #onClientClose = () => {
    // What came before an end in good order is still to be written.
    if (this.#client!.readableEnded && !this.#upstream.writableFinished) this.#lingerFor(LINGER_TIME)
    else this.#upstream.destroy()
    this.#endIfClosed()
  }

  #endIfClosed (): void {
    if (this.#hasEnded || !this.#upstream.closed || this.#client?.closed === false) return
    this.#hasEnded = true
    this.#context.onEnd()
  }
}

/** Index of the flow to the upstream, whose frames have to be masked. */
const TO_UPSTREAM = 0
