import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { FastifyReplyFromHooks } from '@fastify/reply-from'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { createKeyReader } from '../lib/balancer/request-key.ts'
import { connectionOf, hasBody, hostOf, isGone, isHttp2, rawHeadersOf } from '../lib/downstream/http-version.ts'
import { writeInterim } from '../lib/downstream/interim-response.ts'
import type { PeerSocket } from '../lib/downstream/client-address.ts'
import { readUpgrade, watchForEnd } from '../lib/downstream/upgrade.ts'
import { EXCHANGE, type ExchangeHeaders } from '../lib/dispatch/exchange-agent.ts'
import type { GatewayError } from '../lib/errors.ts'
import { readEffectiveHeaders } from '../lib/headers/effective-request.ts'
import type { Peer } from '../lib/headers/forwarded.ts'
import { buildRequestHeaders } from '../lib/headers/request.ts'
import type { ResponseHead } from '../lib/headers/response.ts'
import { listTrailers, wantsTrailers } from '../lib/headers/trailers.ts'
import { NOT_A_PATH, resolvePath } from '../lib/routing/upstream-path.ts'
import { parseRequestTarget, pathOf } from '../lib/routing/request-target.ts'
import type { Location } from '../lib/location.ts'
import { isCandidatePath, selectRewrites } from '../lib/rewrite/classify-response.ts'
import { Exchange, type ExchangeListener } from '../lib/dispatch/exchange.ts'
import { toGatewayError } from '../lib/dispatch/failure.ts'
import { isAboutServer, refusePath, refuseUpgrade, replyAboutServer, sendFailure } from './local-replies.ts'
import { type RequestState, stateOf } from './request-state.ts'
import { finishHead, respond } from './respond.ts'

/** How a request is read, the same way for every location. */
export interface RequestReaders {
  readPeer: (socket: PeerSocket) => Peer
  /** The client's address, also behind trusted proxies. */
  readClientAddress: (peer: Peer, rawHeaders: readonly string[]) => string | undefined
  /** The target of the request line, as the client wrote it. */
  readTarget: (request: FastifyRequest) => string
}

export interface ForwarderOptions extends RequestReaders {
  location: Location
  /** `reply.from` of the location's scope. */
  from: FastifyReply['from']
  /** The server is stopping. */
  isStopping: () => boolean
}

/** The handler of a location's routes. What does not change from request to request is made here, once. */
export function createForwarder (options: ForwarderOptions): (request: FastifyRequest, reply: FastifyReply) => void {
  const { location, from, isStopping, readTarget } = options
  const createExchange = createExchangeReader(options)
  const replyOptions = {
    rewriteRequestHeaders: request =>
      ({ [EXCHANGE]: stateOf(request as FastifyRequest)!.exchange! }) as ExchangeHeaders & IncomingHttpHeaders,
    rewriteHeaders: (headers, request) =>
      finishHead(headers as Record<string, string | string[]>, request as FastifyRequest, isStopping()),
    onResponse: (request, reply) => respond(request as FastifyRequest, reply as FastifyReply),
    onError: (reply, { error }) => sendFailure(reply as FastifyReply, toGatewayError(error, location.name)),
    // Retries are the dispatcher's, and so is the query.
    retryDelay: () => null,
    queryString: () => '',
  } satisfies FastifyReplyFromHooks

  return function forward (request, reply) {
    const { raw } = request
    // The client may have left while a hook of the server's was waiting.
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
    state.exchange = createExchange(request, reply, state, { path, upgrade, host: head?.authority ?? hostOf(raw) })
    if (upgrade !== null) watchForEnd(raw.socket)
    from.call(reply, '/', replyOptions)
  }
}

/** What a request asks an app for. */
interface Wanted {
  /** Path and query, without the upstream's base path. */
  path: string
  /** The protocols to switch to; `null` for an ordinary request. */
  upgrade: string | null
  host: string | undefined
}

/** Makes what turns a request into an exchange. */
function createExchangeReader ({ location, readPeer, readClientAddress }: ForwarderOptions) {
  const readKey = createKeyReader(location.balancer)
  const { content } = selectRewrites(location)

  return function createExchange (
    request: FastifyRequest,
    reply: FastifyReply,
    state: RequestState,
    { path, upgrade, host }: Wanted
  ): Exchange {
    const { raw } = request
    const peer = readPeer(connectionOf(raw))
    const effective = readEffectiveHeaders(rawHeadersOf(raw), request.headers)
    const acceptsTrailers = wantsTrailers(raw.headers.te)
    const source = bodyOf(request)
    const hasTrailers = source === raw && mayHaveTrailers(raw)
    const asksForWhole =
      content !== null && upgrade === null && isReading(request) && isCandidatePath(pathOf(path), content)
    state.peer = peer
    state.asksForWhole = asksForWhole
    const headers = buildRequestHeaders(effective, {
      peer,
      host,
      connection: raw.headers.connection,
      requestId: state.id,
      wantsTrailers: acceptsTrailers,
      hasTrailers,
      isBodyChanged: source !== null && source !== raw,
      asksForWhole,
      location,
    })
    return new Exchange(
      location,
      {
        // What is rewritten has to be seen, also when the client wants to know only its head.
        method: asksForWhole ? 'GET' : raw.method!,
        path,
        host,
        ownHost:
          effective.set?.has('host') === true && request.headers.host !== host ? request.headers.host : undefined,
        headers,
        body: null,
        upgrade,
        trailers: hasTrailers ? () => listTrailers(raw.rawTrailers) : null,
        hashKey: readKey?.({ rawHeaders: effective.fields, address: () => readClientAddress(peer, raw.rawHeaders) }),
        acceptsTrailers: acceptsTrailers || isHttp2(raw),
      },
      source === null ? null : { source, method: raw.method!, contentLength: raw.headers['content-length'] },
      new ReplyListener(reply)
    )
  }
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

function isReading ({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD'
}

/** The request's body, or what a `preParsing` hook of the server's made of it; `null` when it has none. */
function bodyOf ({ raw, body }: FastifyRequest): Readable | null {
  if (body instanceof Readable) return body
  return hasBody(raw) ? raw : null
}

/** Behind a body without a length (RFC 9112, 7.1.2). */
function mayHaveTrailers (raw: IncomingMessage): boolean {
  return isHttp2(raw) || raw.headers['transfer-encoding'] !== undefined
}
