import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { isSent } from '../lib/downstream/http-version.ts'
import { isForwarded } from '../lib/downstream/request-validation.ts'
import type { Shutdown } from '../lib/downstream/shutdown.ts'
import type { Location } from '../lib/location.ts'
import { createExchangeAgent } from '../lib/dispatch/exchange-agent.ts'
import { isMediaType } from '../lib/headers/media-type.ts'
import { findPublicBase, type PublicBase } from '../lib/rewrite/public-base.ts'
import type { Dispatcher } from '../lib/dispatch/dispatcher.ts'
import { createBodyReader } from '../lib/dispatch/read-request-body.ts'
import type { RequestReaders } from './create-exchange.ts'
import { registerReplyFrom } from './reply-from.ts'
import { type AccessLog, addAccessLog } from './access-log.ts'
import { createForwarder } from './forward.ts'
import { refuseMalformed, refuseMethod, withdrawResponse } from './local-replies.ts'
import type { SwitchHook } from './respond.ts'
import { beginState, type RequestState, stateOf } from './request-state.ts'

/** What a plugin of a location's scope gets. */
export interface LocationPluginOptions {
  location: Location
  /** Where the client of a request sees the location. */
  publicBaseOf: (request: FastifyRequest) => PublicBase
  /** Adds what is done with the head of a 101, which no `onSend` hook sees. */
  onSwitch: (hook: SwitchHook) => void
}

export interface LocationOptions extends RequestReaders {
  dispatcher: Dispatcher
  /** Registered in the scope, in this order. */
  plugins: readonly FastifyPluginAsync<LocationPluginOptions>[]
  shutdown: Shutdown
  readRequestId: (request: FastifyRequest) => string
}

/** The scope of one app, registered with its prefix: everything below that goes to its upstreams. */
export default async function locationRoutes (fastify: FastifyInstance, options: LocationOptions): Promise<void> {
  const { dispatcher, plugins, shutdown, readRequestId } = options
  const { location } = dispatcher
  const publicBaseOf = createPublicBaseReader(dispatcher)
  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser('*', passBody)
  fastify.addHook('onRequest', createBeginning(readRequestId, shutdown, addAccessLog(fastify, location.name)))
  fastify.addHook('onRequest', refuseMalformed)
  fastify.addHook('onError', withdrawResponse)

  const from = await registerReplyFrom(fastify, createExchangeAgent(dispatcher, createBodyReader(location)))
  const switchHooks: SwitchHook[] = []
  const onSwitch = (hook: SwitchHook): void => { switchHooks.push(hook) }
  for (const plugin of plugins) fastify.register(plugin, { location, publicBaseOf, onSwitch })

  const forward = createForwarder({ ...options, location, from, isStopping: shutdown.isStopping, switchHooks })
  const handler = location.trace ? forward : createGuard(forward)
  const method = fastify.supportedMethods.filter(name => name !== 'CONNECT')
  const urls = fastify.prefix === '' ? ['/*'] : ['', '/*']
  for (const url of urls) fastify.route({ method, url, exposeHeadRoute: false, handler })
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => void

function createGuard (forward: Handler): Handler {
  return function forwardUsual (request, reply) {
    if (isForwarded(request.method)) forward(request, reply)
    else refuseMethod(request, reply)
  }
}

/** Makes the first hook of the scope: the request gets its id, and what is under way for it ends with its response. */
function createBeginning (
  readRequestId: LocationOptions['readRequestId'],
  shutdown: Shutdown,
  logBrokenOff: AccessLog | null
) {
  return function beginRequest (request: FastifyRequest, reply: FastifyReply, done: () => void): void {
    const state = beginState(request, reply, readRequestId(request))
    reply.header('x-request-id', state.id)
    acceptAnyMediaType(request, state)
    shutdown.trackConnection(request.raw)
    reply.raw.once('close', () => {
      state.exchange?.close(isSent(reply.raw))
      logBrokenOff?.(request, reply)
    })
    done()
  }
}

/** Methods whose body Fastify does not look at. */
const WITHOUT_PARSER: ReadonlySet<string> = new Set(['GET', 'HEAD', 'TRACE'])

/** Makes what tells where the client of a request sees the location. */
function createPublicBaseReader ({ location }: Dispatcher): (request: FastifyRequest) => PublicBase {
  return function publicBaseOf (request) {
    const { exchange, peer } = stateOf(request)!
    return findPublicBase(
      location,
      peer!,
      request.raw.headers,
      exchange!.request.host,
      exchange!.upstream!.target.basePath
    )
  }
}

/** Nothing is parsed: a body stays the stream that it came as. */
function passBody (request: FastifyRequest, payload: unknown, done: (error: null, body: unknown) => void): void {
  const hidden = stateOf(request)?.hiddenMediaType ?? null
  if (hidden !== null) {
    if (hidden.value === undefined) delete request.raw.headers['content-type']
    else request.raw.headers['content-type'] = hidden.value
  }
  done(null, payload)
}

/**
 * Fastify replies 415 to a media type that is none, and 400 to a QUERY without one. It is not shown these; `passBody`
 * puts them back.
 */
function acceptAnyMediaType ({ method, raw: { headers } }: FastifyRequest, state: RequestState): void {
  const value = headers['content-type']
  const isAcceptable = value === undefined ? method !== 'QUERY' : isMediaType(value)
  if (!isAcceptable && !WITHOUT_PARSER.has(method)) {
    state.hiddenMediaType = { value }
    headers['content-type'] = 'application/octet-stream'
  }
}
