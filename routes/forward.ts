import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyReplyFromHooks } from '@fastify/reply-from'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ExchangeListener } from '../lib/dispatch/exchange.ts'
import { EXCHANGE, type ExchangeHeaders } from '../lib/dispatch/exchange-agent.ts'
import { toGatewayError } from '../lib/dispatch/failure.ts'
import { hostOf, isGone } from '../lib/downstream/http-version.ts'
import { writeInterim } from '../lib/downstream/interim-response.ts'
import { readUpgrade, watchForEnd } from '../lib/downstream/upgrade.ts'
import type { GatewayError } from '../lib/errors.ts'
import type { ResponseHead } from '../lib/headers/response.ts'
import type { Location } from '../lib/location.ts'
import { parseRequestTarget } from '../lib/routing/request-target.ts'
import { NOT_A_PATH, resolvePath } from '../lib/routing/upstream-path.ts'
import { isAboutServer, refusePath, refuseUpgrade, replyAboutServer, sendFailure } from './local-replies.ts'
import { createExchangeFactory, type RequestReaders } from './create-exchange.ts'
import { SOURCE } from './reply-from.ts'
import { stateOf } from './request-state.ts'
import { finishHead, respond, type SwitchHook } from './respond.ts'

export interface ForwarderOptions extends RequestReaders {
  location: Location
  /** `reply.from` of the location's scope. */
  from: FastifyReply['from']
  /** The server is stopping. */
  isStopping: () => boolean
  switchHooks: readonly SwitchHook[]
}

/** The handler of a location's routes. What does not change from request to request is made here, once. */
export function createForwarder (options: ForwarderOptions): (request: FastifyRequest, reply: FastifyReply) => void {
  const { location, from, isStopping, readTarget, switchHooks } = options
  const createExchange = createExchangeFactory(location, options)
  const replyOptions = {
    rewriteRequestHeaders: passExchange,
    rewriteHeaders: (_headers, request) => finishHead(request as FastifyRequest, isStopping()),
    onResponse: (request, reply) => respond(request as FastifyRequest, reply as FastifyReply, switchHooks),
    onError: (reply, { error }) => sendFailure(reply as FastifyReply, toGatewayError(error, location.name)),
    // The exchange has the body. reply-from would refuse or encode one that a hook has put into `request.body`.
    body: null,
    retryDelay: neverRetry,
    queryString: addNoQuery,
  } satisfies FastifyReplyFromHooks

  return function forward (request, reply) {
    const { raw } = request
    // The client may have left while a hook of the server was waiting.
    if (isGone(reply.raw)) {
      reply.hijack()
      return
    }
    const head = parseRequestTarget(readTarget(request))
    const path = head === undefined ? NOT_A_PATH : resolvePath(location, head.target)
    if (typeof path !== 'string') return isAboutServer(raw) ? replyAboutServer(request, reply) : refusePath(reply, path)
    const upgrade = readUpgrade(raw)
    if (upgrade !== null && !location.websocket) return refuseUpgrade(reply)
    const state = stateOf(request)!
    const resource = { path, upgrade, host: head?.authority ?? hostOf(raw) }
    state.exchange = createExchange(request, state, resource, new ReplyListener(reply))
    if (upgrade !== null) watchForEnd(raw.socket)
    from.call(reply, SOURCE, replyOptions)
  }
}

/** The exchange has the headers, in the client's order and case. */
function passExchange (request: unknown): ExchangeHeaders & IncomingHttpHeaders {
  return { [EXCHANGE]: stateOf(request as FastifyRequest)!.exchange! }
}

/** Retries are the dispatcher's. */
function neverRetry (): null {
  return null
}

/** The exchange's path has the query. */
function addNoQuery (): string {
  return ''
}

/** Passes on to the client what becomes of an exchange, but its response, which comes by reply-from. */
class ReplyListener implements ExchangeListener {
  readonly #reply: FastifyReply

  constructor (reply: FastifyReply) {
    this.#reply = reply
  }

  onInterim ({ statusCode, headers }: ResponseHead): void {
    writeInterim(this.#reply.raw, statusCode, headers)
  }

  onFailure (error: GatewayError): void {
    sendFailure(this.#reply, error)
  }
}
