import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { findAuthorityFault, findRequestFault, MAX_HEADER_FIELDS } from '../headers/request-fault.ts'
import { isClosing, markClosing } from './connection-close.ts'
import { isHttp2 } from './http-version.ts'
import { endConnectionAfter } from './node-internals.ts'

const VALIDITY = Symbol('fastify-gateway.validity')

/** Whether a request may be acted on: `late` is one behind the last of its connection. */
export type Validity = { kind: 'valid' } | { kind: 'late' } | { kind: 'malformed', reason: string }

interface ValidatedRequest extends IncomingMessage {
  [VALIDITY]?: Validity
}

const VALID: Validity = Object.freeze({ kind: 'valid' })
const LATE: Validity = Object.freeze({ kind: 'late' })

/**
 * Validates every request of a server in the order in which they came, before any hook can delay one: what comes behind
 * a malformed one on the same connection must not overtake its refusal.
 * @returns ends it
 */
export function validateRequests (server: Server): () => void {
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    // Another gateway on the server may have been first.
    validityOf(request, response, server)
  }
  server.prependListener('request', listener)
  return () => { server.off('request', listener) }
}

/** Why a request must not be acted on, whatever its turn; `undefined` for a valid one. */
export function findFault (request: IncomingMessage, { maxHeadersCount }: Server): string | undefined {
  if (isHttp2(request)) return findAuthorityFault(request.headers)
  return findRequestFault(request, (maxHeadersCount ?? MAX_HEADER_FIELDS) || Infinity)
}

/** The validity of a request; found now when it did not come through the server's listener (`inject`). */
export function validityOf (request: ValidatedRequest, response: ServerResponse, server: Server): Validity {
  return request[VALIDITY] ?? validate(request, response, server)
}

function validate (request: ValidatedRequest, response: ServerResponse, server: Server): Validity {
  const validity = classify(request, response, server)
  if (validity.kind === 'malformed') endWith(request, response)
  request[VALIDITY] = validity
  return validity
}

/** Also when a host server's own route responds: the connection ends with that response. */
function endWith (request: IncomingMessage, response: ServerResponse): void {
  // In HTTP/2 nothing can be hidden behind a request.
  if (isHttp2(request)) return
  markClosing(request.socket)
  endConnectionAfter(response)
}

function classify (request: IncomingMessage, response: ServerResponse, server: Server): Validity {
  if (!isHttp2(request) && isClosing(request.socket, response)) return LATE
  const reason = findFault(request, server)
  return reason === undefined ? VALID : { kind: 'malformed', reason }
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
