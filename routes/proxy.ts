import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import replyFrom, { type FastifyReplyFromHooks, type FastifyReplyFromOptions } from '@fastify/reply-from'
import { lingerOnClose } from '../lib/client/linger.ts'
import type { PeerSocket } from '../lib/client/peer.ts'
import { BadPathError, type GatewayError } from '../lib/errors.ts'
import { finishResponseHeaders } from '../lib/headers/finish-response.ts'
import type { Peer } from '../lib/headers/forwarded.ts'
import { isMediaType } from '../lib/headers/media-type.ts'
import { buildRequestHeaders } from '../lib/headers/request.ts'
import type { HeaderRecord } from '../lib/headers/response.ts'
import { NOT_A_PATH, type PathFault, resolvePath } from '../lib/location/path.ts'
import { parseRequestTarget } from '../lib/location/request-target.ts'
import type { Location } from '../lib/location/types.ts'
import { ContentRewriter } from '../lib/rewrite/content-rewriter.ts'
import { isExpected } from '../lib/rewrite/expectation.ts'
import { findPlace, type Place } from '../lib/rewrite/place.ts'
import { createHeaderRewriter } from '../lib/rewrite/response-headers.ts'
import { AnswerBody } from '../lib/upstream/answer-body.ts'
import type { Answer } from '../lib/upstream/attempt.ts'
import { type Dispatcher, EXCHANGE } from '../lib/upstream/dispatcher.ts'
import { Exchange } from '../lib/upstream/exchange.ts'
import { keepUpload, takeUpload } from '../lib/upstream/upload.ts'
import { sendContent, sendOriginal } from './content.ts'
import { closeAfter, refuseMalformed } from './refuse-malformed.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What the gateway does with this request; `null` until it is forwarded. */
    exchange: Exchange | null
    /** Names this request in logs, upstream and in the answer: the client's `X-Request-Id`, or a new one. */
    gatewayId: string
  }
}

export interface ProxyOptions {
  dispatcher: Dispatcher
  readPeer: (socket: PeerSocket) => Peer
  readRequestId: (request: FastifyRequest) => string
  /** The target of the request line, as the client wrote it. */
  readTarget: (request: FastifyRequest) => string
}

/** One location: everything under its prefix goes to its upstreams. */
export default async function proxy (fastify: FastifyInstance, options: ProxyOptions): Promise<void> {
  const { dispatcher } = options
  fastify.decorateRequest('exchange', null)
  fastify.decorateRequest('gatewayId', '')
  await fastify.register(replyFrom, {
    // A request's real address is decided by the dispatcher, which gets the exchange and ignores the rest.
    base: 'http://upstream.invalid',
    undici: dispatcher as unknown as FastifyReplyFromOptions['undici'],
    disableRequestLogging: true,
  })
  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser('*', passBody)
  fastify.addHook('onRequest', (request, reply, done) => {
    request.gatewayId = options.readRequestId(request)
    reply.header('x-request-id', request.gatewayId)
    done()
  })
  fastify.addHook('onRequest', refuseMalformed)
  fastify.addHook('onRequest', acceptAnyMediaType)
  fastify.addHook('onResponse', (request, reply, done) => {
    logExchange(dispatcher.location, request, reply)
    done()
  })

  const handler = createForwarder(options, fastify)
  const method = fastify.supportedMethods.filter(name => name !== 'CONNECT')
  const urls = fastify.prefix === '' ? ['/*'] : ['', '/*']
  for (const url of urls) fastify.route({ method, url, exposeHeadRoute: false, handler })
}

/** Nothing is parsed: a body stays the stream that it came as. */
function passBody (_request: FastifyRequest, payload: unknown, done: (error: null, body: unknown) => void): void {
  done(null, payload)
}

/**
 * Fastify answers 415 to a media type that is none, and 400 to a QUERY without one. Only its own copy of the header is
 * changed; the app gets the raw one.
 */
function acceptAnyMediaType ({ method, raw: { headers } }: FastifyRequest, _reply: FastifyReply, done: () => void): void {
  const type = headers['content-type']
  const isAcceptable = type === undefined ? method !== 'QUERY' : isMediaType(type)
  if (!isAcceptable) headers['content-type'] = 'application/octet-stream'
  done()
}

function hasBody (headers: IncomingHttpHeaders): boolean {
  const { 'content-length': length, 'transfer-encoding': coding } = headers
  return coding !== undefined || (length !== undefined && length !== '0')
}

/** The handler of a location's routes. What does not change from request to request is made here, once. */
function createForwarder ({ dispatcher: { location }, readPeer, readTarget }: ProxyOptions, { isDraining, trackConnection }: FastifyInstance) {
  const rewriteHeaders = createHeaderRewriter(location)
  const content = location.openapi === null || location.prefixAware ? null : { rule: location.openapi, rewriter: new ContentRewriter(location.openapi) }
  const readUpload = location.fastapiRedirect ? keepUpload : takeUpload

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
      const path = request.exchange!.request.path
      const mayRewrite = content !== null && body !== null && isReading(request)
      if (mayRewrite && sendContent(request, reply, body, {
        ...content,
        path: pathOf(path),
        findPlace: () => placeOf(request),
        sendFailure: error => sendFailure(request, reply, error),
      })) return
      sendOriginal(request, reply, body)
    },
    // Otherwise a GET that is answered 503 is sent up to eleven times.
    retryDelay: () => null,
  }

  return function forward (request: FastifyRequest, reply: FastifyReply): void {
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
    const asksForWhole = content !== null && isReading(request) && isExpected(pathOf(path), content.rule)
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
    }, error => sendFailure(request, reply, error))
    exchange.asksForWhole = asksForWhole
    request.exchange = exchange
    trackConnection(raw.socket)
    reply.raw.once('close', () => exchange.close(reply.raw.writableFinished))

    if (upload === null) {
      reply.from('/', hooks)
      return
    }
    readUpload(upload, raw.headers['content-length'], body => {
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

/** Of a path and query as `resolvePath` gives them. */
function pathOf (pathAndQuery: string): string {
  const end = pathAndQuery.indexOf('?')
  const path = end === -1 ? pathAndQuery : pathAndQuery.slice(0, end)
  return path === '' ? '/' : path
}

function refusePath (reply: FastifyReply, { kind, reason }: PathFault): void {
  // A router that ignores case, say, may have brought it here.
  if (kind === 'not-mine') reply.callNotFound()
  else reply.send(new BadPathError(reason))
}

/** The request's body, or what a `preParsing` hook of the server's made of it; `null` when it has none. */
function uploadOf ({ raw, body }: FastifyRequest): Readable | null {
  if (body instanceof Readable) return body
  return hasBody(raw.headers) ? raw : null
}

function prepareAnswer (request: FastifyRequest, reply: FastifyReply, body: Answer['body']): void {
  const { raw, exchange } = request
  if (!raw.complete && !raw.readableEnded) lingerOnClose(raw.socket)
  const reason = exchange!.answer!.statusText
  if (isReasonPhrase(reason)) reply.raw.statusMessage = reason
  // While a hook of the server's looks at the answer, Fastify sends its error in its place.
  if (body instanceof AnswerBody) body.on('error', () => { if (!reply.raw.headersSent) withdrawAnswer(request, reply) })
}

/** Of an answer that broke off before any of it was sent, nothing is left. */
function withdrawAnswer ({ exchange, gatewayId }: FastifyRequest, reply: FastifyReply): void {
  for (const name of Object.keys(exchange?.answer?.headers ?? {})) reply.removeHeader(name)
  reply.header('x-request-id', gatewayId)
  reply.raw.statusMessage = ''
}

/** RFC 9112, 4, less the bytes above 127: node would write them as UTF-8, or throw. */
function isReasonPhrase (text: string): boolean {
  return /^[\t\x20-\x7e]+$/.test(text)
}

function sendFailure (request: FastifyRequest, reply: FastifyReply, error: GatewayError): void {
  if (reply.sent) return
  withdrawAnswer(request, reply)
  if (error.statusCode === 503) reply.header('retry-after', '1')
  if (!request.raw.complete) closeAfter(request, reply)
  reply.send(error)
}

/** nginx's status for a client that did not wait for its answer. */
const CLIENT_CLOSED = 499

function logExchange ({ name }: Location, request: FastifyRequest, reply: FastifyReply): void {
  const { exchange } = request
  const line = {
    req: request,
    app: name,
    upstream: exchange?.upstream?.target.url,
    statusCode: exchange?.isClientGone === true && !reply.raw.headersSent ? CLIENT_CLOSED : reply.statusCode,
    durationMs: Math.round(reply.elapsedTime * 1000) / 1000,
    retries: exchange?.retries,
    ...(request.gatewayId !== request.id && { requestId: request.gatewayId }),
  }
  if (exchange === null) return request.log.info(line, 'request refused')
  const { failure } = exchange
  if (failure === null || failure.statusCode === CLIENT_CLOSED) request.log.info(line, 'request forwarded')
  else request.log.warn({ ...line, err: failure }, 'request failed')
}
