import type { Duplex } from 'node:stream'
import type { Test } from 'tap'
import { Http1Transport } from '../../../../lib/transport/http1/http1-transport.ts'
import { addressOf, type OpenSocket, openPlain } from '../../../../lib/transport/http1/open-socket.ts'
import type { ConnectionSettings } from '../../../../lib/transport/transport.ts'
import type { OutgoingRequest, Transport, TransportHandler } from '../../../../lib/transport/transport.ts'
import { createTarget } from '../../locations.ts'
import { GET } from '../transport.ts'

/** Connections to an origin, or of another opener, destroyed with the test. */
export function createTransport (
  t: Test,
  origin: string | OpenSocket,
  settings: Partial<ConnectionSettings> = {},
  now?: () => number
): Http1Transport {
  const open = typeof origin === 'string' ? openPlain(addressOf(createTarget(origin))) : origin
  const transport = new Http1Transport(open, { connectTimeout: 10_000, maxConnections: 10, ...settings }, now)
  t.teardown(() => transport.destroy())
  return transport
}

/** What became of a request. */
export interface Sent {
  /** The names of all events, in their order; `onBodySent` once for a row of them. */
  events: string[]
  statusCodes: number[]
  rawHeaders: unknown[]
  body: string
  /** Sizes of the body's pieces. */
  pieces: number[]
  trailers: unknown
  socket: Duplex | undefined
  error: Error & { code?: string } | undefined
  abort: (error?: Error) => void
  resume: () => void
  /** Resolves when it has ended, in whichever way. */
  over: Promise<Sent>
}

/** Sends a request, with a handler that writes down what it is told, and does what `hooks` say on top. */
export function send (transport: Transport, request: Partial<OutgoingRequest> = {}, hooks: Partial<TransportHandler> = {}, method: 'dispatch' | 'dispatchFresh' = 'dispatch'): Sent {
  let end!: (sent: Sent) => void
  const sent: Sent = {
    events: [],
    statusCodes: [],
    rawHeaders: [],
    body: '',
    pieces: [],
    trailers: undefined,
    socket: undefined,
    error: undefined,
    abort () {},
    resume () {},
    over: new Promise(resolve => { end = resolve }),
  }
  const note = (event: string) => { if (sent.events.at(-1) !== 'onBodySent' || event !== 'onBodySent') sent.events.push(event) }
  transport[method]({ ...GET, ...request }, {
    onConnect (abort) {
      note('onConnect')
      sent.abort = abort
      hooks.onConnect?.(abort)
    },
    onBodySent () {
      note('onBodySent')
      hooks.onBodySent?.()
    },
    onHeaders (statusCode, rawHeaders, resume, statusText) {
      note('onHeaders')
      sent.statusCodes.push(statusCode)
      sent.rawHeaders.push(rawHeaders)
      sent.resume = resume
      return hooks.onHeaders?.(statusCode, rawHeaders, resume, statusText) ?? true
    },
    onData (chunk) {
      if (sent.pieces.length === 0) note('onData')
      sent.body += chunk.toString('latin1')
      sent.pieces.push(chunk.length)
      return hooks.onData?.(chunk) ?? true
    },
    onRead () {
      hooks.onRead?.()
    },
    onUpgrade (statusCode, rawHeaders, socket) {
      note('onUpgrade')
      sent.statusCodes.push(statusCode)
      sent.rawHeaders.push(rawHeaders)
      sent.socket = socket
      end(sent)
      hooks.onUpgrade?.(statusCode, rawHeaders, socket)
    },
    onComplete (trailers) {
      note('onComplete')
      sent.trailers = trailers
      end(sent)
      hooks.onComplete?.(trailers)
    },
    onError (error) {
      note('onError')
      sent.error = error
      end(sent)
      hooks.onError?.(error)
    },
  })
  return sent
}
