import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isForwarded } from '../lib/client/methods.ts'
import { isMediaType } from '../lib/headers/media-type.ts'
import type { LocationTable } from '../lib/location/location-table.ts'
import { NOT_A_PATH } from '../lib/location/path.ts'
import { parseRequestTarget } from '../lib/location/request-target.ts'
import type { Location } from '../lib/location/types.ts'
import type { Dispatcher } from '../lib/upstream/dispatcher.ts'
import type { Exchange } from '../lib/upstream/exchange.ts'
import { createForwarder, type RequestReaders } from './forward.ts'
import { logExchange } from './log-exchange.ts'
import { answerAboutServer, isAboutServer, refuseMalformed, refuseMethod, refusePath, refuseUnowned } from './refuse.ts'
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
  /** Those of the whole gateway. */
  locations: LocationTable
  /** What the scope has routes for. */
  mounts: readonly Mount[]
  /**
   * Nobody else has routes on the server. Then only GET and HEAD, of which a static site may own a part, have routes for each
   * location. With 34 methods these would be three quarters of the memory of a gateway with many locations, and of the
   * time until it listens.
   */
  ownsServer: boolean
  readRequestId: (request: FastifyRequest) => string
}

/** A location, and where it is in the scope. */
export interface Mount {
  /** `/users`; empty for all of the scope. */
  prefix: string
  dispatcher: Dispatcher
}

/** A scope with one location or several: everything under a prefix goes to its upstreams. */
export default async function proxy (fastify: FastifyInstance, options: ProxyOptions): Promise<void> {
  prepareScope(fastify, options)
  const methods = fastify.supportedMethods.filter(method => method !== 'CONNECT')
  const handlers = new Map<Location, LocationHandler>()
  for (const { prefix, dispatcher } of options.mounts) {
    const { location } = dispatcher
    const handle = createHandler(dispatcher, options, fastify)
    handlers.set(location, handle)
    for (const url of urlsBelow(fastify.prefix, prefix)) {
      fastify.route({ method: options.ownsServer ? READING : methods, url, exposeHeadRoute: false, handler: handle })
    }
  }
  if (!options.ownsServer) return
  const findLocation = createLocationFinder(handlers, options)
  for (const url of urlsBelow(fastify.prefix)) fastify.route({ method: methods.filter(method => !READING.includes(method)), url, handler: findLocation })
}

type LocationHandler = (request: FastifyRequest, reply: FastifyReply) => void

const READING = ['GET', 'HEAD']

function createHandler (dispatcher: Dispatcher, readers: RequestReaders, fastify: FastifyInstance): LocationHandler {
  const forward = createForwarder(dispatcher, readers, fastify)
  const { trace } = dispatcher.location
  return (request, reply) => {
    if (trace || isForwarded(request.method)) forward(request, reply)
    else refuseMethod(request, reply)
  }
}

/** Makes the handler of the routes that all locations share. */
function createLocationFinder (handlers: ReadonlyMap<Location, LocationHandler>, { locations, readTarget }: ProxyOptions): LocationHandler {
  return function findLocation (request, reply) {
    if (isAboutServer(request.raw)) return answerAboutServer(request, reply)
    const target = parseRequestTarget(readTarget(request))?.target
    if (target === undefined) return refusePath(reply, NOT_A_PATH)
    const location = locations.find(target)
    if (location === undefined) refuseUnowned(request, reply)
    else handlers.get(location)!(request, reply)
  }
}

function prepareScope (fastify: FastifyInstance, { locations, readRequestId, readTarget }: ProxyOptions): void {
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
    const nameOf = (request: FastifyRequest) => locations.find(parseRequestTarget(readTarget(request))?.target ?? '')?.name
    fastify.addHook('onResponse', (request, reply, done) => {
      logExchange(request, reply, nameOf)
      done()
    })
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
