import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Peer } from '../lib/headers/forwarded.ts'
import type { Exchange } from '../lib/dispatch/exchange.ts'

const STATE: unique symbol = Symbol('fastify-gateway.request-state')

declare module 'fastify' {
  interface FastifyRequest {
    /** Assigned, and not decorated: see routes/reply-from.ts. */
    [STATE]?: RequestState
  }
}

/** What the gateway knows of a request from the first hook of its location's scope on. */
export interface RequestState {
  /** Names the request in logs, upstream and in the response: the client's `X-Request-Id`, or a new one. */
  readonly id: string
  readonly reply: FastifyReply
  /** `null` until the request is forwarded. */
  exchange: Exchange | null
  /** The other end of the client's connection; set with the exchange. */
  peer: Peer | null
  /** The app was sent the request without the client's conditions and ranges, because its response may be rewritten. */
  asksForWhole: boolean
  /** The `Content-Type` that Fastify has not been shown; see `acceptAnyMediaType()`. */
  hiddenMediaType: { value: string | undefined } | null
  isLogged: boolean
}

export function beginState (request: FastifyRequest, reply: FastifyReply, id: string): RequestState {
  const state = { id, reply, exchange: null, peer: null, asksForWhole: false, hiddenMediaType: null, isLogged: false }
  request[STATE] = state
  return state
}

/** @returns `undefined` when a hook of a scope above has replied before the location's hooks ran */
export function stateOf (request: FastifyRequest): RequestState | undefined {
  return request[STATE]
}

/**
 * The exchange whose response is about to be sent; `undefined` for the gateway's own responses, and for the error that
 * takes a response's place, for which hooks run again.
 */
export function respondingExchange (request: FastifyRequest): Exchange | undefined {
  const exchange = request[STATE]?.exchange ?? null
  return exchange === null || exchange.response === null || exchange.failure !== null ? undefined : exchange
}

/**
 * The same, unless a hook has replaced the body.
 * @param payload - as an `onSend` hook gets it
 */
export function exchangeBehind (request: FastifyRequest, payload: unknown): Exchange | undefined {
  const exchange = respondingExchange(request)
  return exchange !== undefined && (payload ?? null) === exchange.response!.body ? exchange : undefined
}
