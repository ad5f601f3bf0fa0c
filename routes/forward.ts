import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { FastifyReplyFromHooks } from '@fastify/reply-from'
import { createKeyReader } from '../lib/balancer/request-key.ts'
import type { PeerSocket } from '../lib/client/peer.ts'
import { finishResponseHeaders } from '../lib/headers/finish-response.ts'
import type { Peer } from '../lib/headers/forwarded.ts'
import { buildRequestHeaders } from '../lib/headers/request.ts'
import type { HeaderRecord } from '../lib/headers/response.ts'
import { NOT_A_PATH, resolvePath } from '../lib/location/path.ts'
import { pathOf } from '../lib/location/query.ts'
import { parseRequestTarget } from '../lib/location/request-target.ts'
import type { Location } from '../lib/location/types.ts'
import { isExpected } from '../lib/rewrite/expectation.ts'
import { findPlace, type Place } from '../lib/rewrite/place.ts'
import { createHeaderRewriter } from '../lib/rewrite/response-headers.ts'
import type { Answer } from '../lib/upstream/attempt.ts'
import { EXCHANGE } from '../lib/upstream/dispatcher.ts'
import { Exchange } from '../lib/upstream/exchange.ts'
import { createUploadReader } from '../lib/upstream/upload.ts'
import { prepareAnswer, sendFailure, sendOriginal } from './answer.ts'
import { createContentSender } from './content.ts'
import { refusePath } from './refuse.ts'

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
export function createForwarder (location: Location, { readPeer, readClientAddress, readTarget }: RequestReaders, { isDraining, trackConnection }: FastifyInstance): Handler {
  const rewriteHeaders = createHeaderRewriter(location)
  const openapi = location.prefixAware ? null : location.openapi
  const sendContent = openapi === null ? sendOriginal : createContentSender(openapi, placeOf)
  const readUpload = createUploadReader(location)
  const readKey = createKeyReader(location.balancer)

  function placeOf ({ raw, exchange }: FastifyRequest): Place {
    const { upstream, request } = exchange!
    return findPlace(location, readPeer(raw.socket), raw.headers, request.host, upstream!.target.basePath)
  }

  const hooks: FastifyReplyFromHooks = {
    rewriteRequestHeaders: request => ({ [EXCHANGE]: request.exchange }) as never,
    rewriteHeaders (headers, request) {
      rewriteHeaders?.(headers as HeaderRecord, () => placeOf(request as FastifyRequest))
      return finishResponseHeaders(headers as HeaderRecord, { requestId: request!.gatewayId, isDraining: isDraining() })
    },
    onResponse (rawRequest, rawReply, answer) {
      const request = rawRequest as FastifyRequest
      const reply = rawReply as FastifyReply
      const body = (answer as unknown as { stream: Answer['body'] }).stream
      prepareAnswer(request, reply, body)
      const send = isReading(request) ? sendContent : sendOriginal
      send(request, reply, body)
    },
    // Otherwise a GET that is answered 503 is sent up to eleven times.
    retryDelay: () => null,
  }

  return function forward (request, reply) {
    const { raw } = request
    // The client may have left while a hook of the server's was waiting.
    if (reply.raw.destroyed) {
      reply.hijack()
      return
    }
    const head = parseRequestTarget(readTarget(request))
    const path = head === undefined ? NOT_A_PATH : resolvePath(location, head.target)
    if (typeof path !== 'string') return refusePath(reply, path)

    const host = head?.authority ?? raw.headers.host
    const upload = uploadOf(request)
    const asksForWhole = openapi !== null && isReading(request) && isExpected(pathOf(path), openapi)
    const exchange = new Exchange(location, {
      // What is rewritten has to be seen, also when the client wants to know only its head.
      method: asksForWhole ? 'GET' : raw.method!,
      path,
      host,
      headers: buildRequestHeaders(raw.rawHeaders, {
        peer: readPeer(raw.socket),
        host,
        connection: raw.headers.connection,
        requestId: request.gatewayId,
        isBodyChanged: upload !== null && upload !== raw,
        asksForWhole,
        location,
      }),
      body: null,
      upgrade: null,
      trailers: null,
    }, error => sendFailure(request, reply, error))
    exchange.asksForWhole = asksForWhole
    if (readKey !== null) exchange.hashKey = readKey({ rawHeaders: raw.rawHeaders, address: () => readClientAddress(readPeer(raw.socket), raw.rawHeaders) })
    request.exchange = exchange
    trackConnection(raw.socket)
    reply.raw.once('close', () => exchange.close(reply.raw.writableFinished))

    if (upload === null) {
      reply.from('/', hooks)
      return
    }
    readUpload(upload, raw.method!, raw.headers['content-length'], body => {
      exchange.request.body = body
      // reply-from refuses a body on a GET; ours goes with the exchange.
      request.body = undefined
      reply.from('/', hooks)
    })
  }
}

function isReading ({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD'
}

/** The request's body, or what a `preParsing` hook of the server's made of it; `null` when it has none. */
function uploadOf ({ raw, body }: FastifyRequest): Readable | null {
  if (body instanceof Readable) return body
  return hasBody(raw.headers) ? raw : null
}

function hasBody ({ 'content-length': length, 'transfer-encoding': coding }: IncomingHttpHeaders): boolean {
  return coding !== undefined || (length !== undefined && length !== '0')
}
