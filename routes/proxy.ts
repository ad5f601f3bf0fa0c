import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isForwarded } from '../lib/client/methods.ts'
import { isMediaType } from '../lib/headers/media-type.ts'
import type { Dispatcher } from '../lib/upstream/dispatcher.ts'
import type { Exchange } from '../lib/upstream/exchange.ts'
import { createForwarder, type RequestReaders } from './forward.ts'
import { logExchange } from './log-exchange.ts'
import { refuseMalformed, refuseMethod } from './refuse.ts'
import { urlsBelow } from './urls.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What the gateway does with this request; `null` until it is forwarded. */
    exchange: Exchange | null
    /** Names this request in logs, upstream and in the answer: the client's `X-Request-Id`, or a new one. */
    gatewayId: string
  }
}

export interface ProxyOptions extends RequestReaders {
  dispatcher: Dispatcher
  readRequestId: (request: FastifyRequest) => string
}

/** One location: everything under its prefix goes to its upstreams. */
export default async function proxy (fastify: FastifyInstance, options: ProxyOptions): Promise<void> {
  const { dispatcher, readRequestId } = options
  const { location } = dispatcher
  fastify.decorateRequest('exchange', null)
  fastify.decorateRequest('gatewayId', '')
  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser('*', passBody)
  fastify.addHook('onRequest', (request, reply, done) => {
    request.gatewayId = readRequestId(request)
    reply.header('x-request-id', request.gatewayId)
    done()
  })
  fastify.addHook('onRequest', refuseMalformed)
  fastify.addHook('onRequest', acceptAnyMediaType)
  if (isLogging(fastify)) {
    fastify.addHook('onResponse', (request, reply, done) => {
      logExchange(location.name, request, reply)
      done()
    })
  }

  const handler = createForwarder(dispatcher, options, fastify)
  const forwarded = fastify.supportedMethods.filter(isForwarded)
  for (const url of urlsBelow(fastify.prefix)) {
    fastify.route({ method: forwarded, url, exposeHeadRoute: false, handler })
    fastify.route({ method: 'TRACE', url, handler: location.trace ? handler : refuseMethod })
  }
}

/** Fastify's logger of a server without one has no level. Without a hook, Fastify does not watch responses for their end. */
function isLogging ({ log }: FastifyInstance): boolean {
  return (log.level as string | undefined) !== undefined
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
