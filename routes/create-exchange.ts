import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { createKeyReader } from '../lib/balancer/request-key.ts'
import { Exchange, type ExchangeListener } from '../lib/dispatch/exchange.ts'
import type { PeerSocket } from '../lib/downstream/client-address.ts'
import { connectionOf, hasBody, isHttp2, rawHeadersOf } from '../lib/downstream/http-version.ts'
import { type EffectiveHeaders, readEffectiveHeaders } from '../lib/headers/effective-request.ts'
import type { Peer } from '../lib/headers/forwarded.ts'
import { buildRequestHeaders } from '../lib/headers/request.ts'
import { listTrailers, wantsTrailers } from '../lib/headers/trailers.ts'
import type { Location } from '../lib/location.ts'
import { isCandidatePath, selectRewrites } from '../lib/rewrite/classify-response.ts'
import { pathOf } from '../lib/routing/request-target.ts'
import type { RequestState } from './request-state.ts'

/** How a request is read, the same way for every location. */
export interface RequestReaders {
  readPeer: (socket: PeerSocket) => Peer
  /** The client's address, also behind trusted proxies. */
  readClientAddress: (peer: Peer, rawHeaders: readonly string[]) => string | undefined
  /** The target of the request line, as the client wrote it. */
  readTarget: (request: FastifyRequest) => string
}

/** What the request line and `Host` ask for. */
export interface RequestedResource {
  /** Path and query, without the upstream's base path. */
  path: string
  /** The protocols to switch to; `null` for an ordinary request. */
  upgrade: string | null
  host: string | undefined
}

/**
 * Makes what turns a request into an exchange with a location's upstreams. What it finds for later is put into the
 * state.
 */
export function createExchangeFactory (location: Location, { readPeer, readClientAddress }: RequestReaders) {
  const readKey = createKeyReader(location.balancer)
  const { content } = selectRewrites(location)

  return function createExchange (
    request: FastifyRequest,
    state: RequestState,
    { path, upgrade, host }: RequestedResource,
    listener: ExchangeListener
  ): Exchange {
    const { raw } = request
    const peer = readPeer(connectionOf(raw))
    const effective = readEffectiveHeaders(rawHeadersOf(raw), request.headers)
    const wants = wantsTrailers(raw.headers.te)
    const source = bodyOf(request)
    const hasTrailers = source === raw && mayHaveTrailers(raw)
    const mayBeRewritten = content !== null && upgrade === null && (raw.method === 'GET' || raw.method === 'HEAD')
    const asksForWhole = mayBeRewritten && isCandidatePath(pathOf(path), content)
    state.peer = peer
    state.asksForWhole = asksForWhole
    const headers = buildRequestHeaders(effective, {
      peer,
      host,
      requestId: state.id,
      wantsTrailers: wants,
      hasTrailers,
      isBodyChanged: source !== null && source !== raw,
      asksForWhole,
      location,
    })
    const upload = source === null
      ? null
      : { source, method: raw.method!, contentLength: raw.headers['content-length'] }
    return new Exchange(
      location,
      {
        // What is rewritten has to be seen, also when the client wants to know only its head.
        method: asksForWhole ? 'GET' : raw.method!,
        path,
        host,
        ownHost: readOwnHost(effective, request, host),
        headers,
        body: null,
        upgrade,
        trailers: hasTrailers ? () => listTrailers(raw.rawTrailers) : null,
        hashKey: readKey?.({ rawHeaders: effective.fields, address: () => readClientAddress(peer, raw.rawHeaders) }),
        acceptsTrailers: wants || isHttp2(raw),
      },
      upload,
      listener
    )
  }
}

/** The `Host` that a hook has set; `undefined` when it is the client's. */
function readOwnHost (
  { set }: EffectiveHeaders, { headers }: FastifyRequest, host: string | undefined
): string | undefined {
  return set?.has('host') === true && headers.host !== host ? headers.host : undefined
}

/** The request's body, or what a `preParsing` hook of the server made of it; `null` when it has none. */
function bodyOf ({ raw, body }: FastifyRequest): Readable | null {
  if (body instanceof Readable) return body
  return hasBody(raw) ? raw : null
}

/** Behind a body without a length (RFC 9112, 7.1.2). */
function mayHaveTrailers (raw: IncomingMessage): boolean {
  return isHttp2(raw) || raw.headers['transfer-encoding'] !== undefined
}
