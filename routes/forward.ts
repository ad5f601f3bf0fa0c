import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { createKeyReader } from '../lib/balancer/request-key.ts'
import type { PeerSocket } from '../lib/client/peer.ts'
import { connectionOf, hasBody, hostOf, isGone, isHttp2, isSent, rawHeadersOf } from '../lib/client/http-version.ts'
import { readUpgrade } from '../lib/client/upgrade-request.ts'
import { watchForEnd } from '../lib/client/watch-for-end.ts'
import type { Peer } from '../lib/headers/forwarded.ts'
import { buildRequestHeaders } from '../lib/headers/request.ts'
import { listTrailers, wantsTrailers } from '../lib/headers/trailers.ts'
import { NOT_A_PATH, resolvePath } from '../lib/location/path.ts'
import { pathOf } from '../lib/location/query.ts'
import { parseRequestTarget } from '../lib/location/request-target.ts'
import { isExpected } from '../lib/rewrite/expectation.ts'
import { findPlace, type Place } from '../lib/rewrite/place.ts'
import { createHeaderRewriter } from '../lib/rewrite/response-headers.ts'
import type { Dispatcher } from '../lib/upstream/dispatcher.ts'
import { Exchange } from '../lib/upstream/exchange.ts'
import { createUploadReader } from '../lib/upstream/upload.ts'
import { createAnswerSenders } from './answer.ts'
import { createContentSender } from './content.ts'
import { Delivery, type DeliveryRules } from './delivery.ts'
import { answerAboutServer, isAboutServer, refusePath, refuseUpgrade } from './refuse.ts'

/** How a request is read, the same way for every location. */
export interface RequestReaders {
  readPeer: (socket: PeerSocket) => Peer
  /** The client's address, also behind trusted proxies. */
  readClientAddress: (peer: Peer, rawHeaders: readonly string[]) => string | undefined
  /** The target of the request line, as the client wrote it. */
  readTarget: (request: FastifyRequest) => string
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => void

/** The handler of a location's routes. What does not change from request to request is made here, once. */
export function createForwarder (dispatcher: Dispatcher, { readPeer, readClientAddress, readTarget }: RequestReaders, { isDraining, trackConnection }: FastifyInstance): Handler {
  const { location } = dispatcher
  const openapi = location.prefixAware ? null : location.openapi
  const readUpload = createUploadReader(location)
  const readKey = createKeyReader(location.balancer)
  const senders = createAnswerSenders()
  const rules: DeliveryRules = {
    rewriteHeaders: createHeaderRewriter(location),
    sendOriginal: senders.sendOriginal,
    sendContent: openapi === null ? senders.sendOriginal : createContentSender(openapi, senders, placeOf),
    isDraining,
    placeOf,
  }

  function placeOf ({ raw, exchange }: FastifyRequest): Place {
    const { upstream, request, peer } = exchange!
    return findPlace(location, peer!, raw.headers, request.host, upstream!.target.basePath)
  }

  return function forward (request, reply) {
    const { raw } = request
    // The client may have left while a hook of the server's was waiting.
    if (isGone(reply.raw)) {
      reply.hijack()
      return
    }
    const head = parseRequestTarget(readTarget(request))
    const path = head === undefined ? NOT_A_PATH : resolvePath(location, head.target)
    if (typeof path !== 'string') return isAboutServer(raw) ? answerAboutServer(request, reply) : refusePath(reply, path)
    const upgrade = readUpgrade(raw)
    if (upgrade !== null && !location.websocket) return refuseUpgrade(reply)

    const host = head?.authority ?? hostOf(raw)
    const rawHeaders = rawHeadersOf(raw)
    const peer = readPeer(connectionOf(raw))
    const asksForTrailers = wantsTrailers(raw.headers.te)
    const upload = uploadOf(request)
    const hasTrailers = upload === raw && mayHaveTrailers(raw)
    const asksForWhole = openapi !== null && upgrade === null && isReading(request) && isExpected(pathOf(path), openapi)
    const exchange = new Exchange(location, {
      // What is rewritten has to be seen, also when the client wants to know only its head.
      method: asksForWhole ? 'GET' : raw.method!,
      path,
      host,
      headers: buildRequestHeaders(rawHeaders, {
        peer,
        host,
        connection: raw.headers.connection,
        requestId: request.gatewayId,
        wantsTrailers: asksForTrailers,
        hasTrailers,
        isBodyChanged: upload !== null && upload !== raw,
        asksForWhole,
        location,
      }),
      body: null,
      upgrade,
      trailers: hasTrailers ? () => listTrailers(raw.rawTrailers) : null,
    }, new Delivery(request, reply, rules))
    exchange.asksForWhole = asksForWhole
    exchange.peer = peer
    exchange.takesTrailers = asksForTrailers || isHttp2(raw)
    if (readKey !== null) exchange.hashKey = readKey({ rawHeaders, address: () => readClientAddress(peer, rawHeaders) })
    request.exchange = exchange
    if (!isHttp2(raw)) trackConnection(raw.socket)
    if (upgrade !== null) watchForEnd(raw.socket)
    reply.raw.once('close', () => exchange.close(isSent(reply.raw)))

    if (upload === null) return dispatcher.forward(exchange)
    readUpload(upload, raw.method!, raw.headers['content-length'], body => {
      exchange.request.body = body
      dispatcher.forward(exchange)
    })
  }
}

function isReading ({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD'
}

/** The request's body, or what a `preParsing` hook of the server's made of it; `null` when it has none. */
function uploadOf ({ raw, body }: FastifyRequest): Readable | null {
  if (body instanceof Readable) return body
  return hasBody(raw) ? raw : null
}

/** Behind a body without a length (RFC 9112, 7.1.2). */
function mayHaveTrailers (raw: IncomingMessage): boolean {
  return isHttp2(raw) || raw.headers['transfer-encoding'] !== undefined
}
