import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { findAuthorityFault, findRequestFault, MAX_HEADER_FIELDS } from '../headers/request-fault.ts'
import { isClosing, markClosing } from './connection-close.ts'
import { isHttp2 } from './http-version.ts'
import { endConnectionAfter } from './node-internals.ts'

const VERDICT = Symbol('fastify-gateway.verdict')

/**
 * What is to become of a request: it is `fine`, it is `late` (behind the last one of its connection), or what is wrong
 * with it.
 */
export type Verdict = { kind: 'fine' } | { kind: 'late' } | { kind: 'malformed', reason: string }

interface VettedRequest extends IncomingMessage {
  [VERDICT]?: Verdict
}

const FINE: Verdict = Object.freeze({ kind: 'fine' })
const LATE: Verdict = Object.freeze({ kind: 'late' })

/**
 * Judges every request of a server in the order in which they came, before any hook can hold one of them up: what comes
 * behind a malformed one on the same connection must not overtake its refusal.
 * @returns ends it
 */
export function vetRequests (server: Server): () => void {
  const listener = (request: IncomingMessage, response: ServerResponse) => { vet(request, response, server) }
  server.prependListener('request', listener)
  return () => { server.off('request', listener) }
}

/** Why a request must not be acted on, whatever its turn; `undefined` for one that is fine. */
export function findFault (request: IncomingMessage, { maxHeadersCount }: Server): string | undefined {
  if (isHttp2(request)) return findAuthorityFault(request.headers)
  return findRequestFault(request, (maxHeadersCount ?? MAX_HEADER_FIELDS) || Infinity)
}

/** The verdict on a request; given now when it did not come through the server's own listener (`inject`). */
export function verdictOn (request: VettedRequest, response: ServerResponse, server: Server): Verdict {
  return request[VERDICT] ?? vet(request, response, server)
}

function vet (request: VettedRequest, response: ServerResponse, server: Server): Verdict {
  const verdict = judge(request, response, server)
  if (verdict.kind === 'malformed') endWith(request, response)
  request[VERDICT] = verdict
  return verdict
}

/** Also when a host server's own route responds: the connection ends with that response. */
function endWith (request: IncomingMessage, response: ServerResponse): void {
  // In HTTP/2 nothing can be hidden behind a request.
  if (isHttp2(request)) return
  markClosing(request.socket)
  endConnectionAfter(response)
}

function judge (request: IncomingMessage, response: ServerResponse, server: Server): Verdict {
  if (!isHttp2(request) && isClosing(request.socket, response)) return LATE
  const reason = findFault(request, server)
  return reason === undefined ? FINE : { kind: 'malformed', reason }
}

/**
 * CONNECT is for a tunnel to anywhere (RFC 9110, 9.3.6), and TRACE shows a client's credentials to its scripts (9.3.8).
 */
export function isForwarded (method: string): boolean {
  return method !== 'CONNECT' && method !== 'TRACE'
}

/** The `Allow` of a server that knows these methods. */
export function allowOf (methods: readonly string[]): string {
  return methods.filter(isForwarded).join(', ')
}
