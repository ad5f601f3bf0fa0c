import type { IncomingHttpHeaders } from 'node:http'
import { isUpgradeRequest } from './node-internals.ts'

/** What is read of a request that asks to switch protocols: `IncomingMessage`, as far as it matters. */
export interface UpgradeRequest {
  /** `1.1`. */
  httpVersion: string
  headers: IncomingHttpHeaders
  /** node has taken the connection off its parser. */
  upgrade?: boolean | null
}

// HTTP over HTTP: whoever speaks it behind the switch asks the app for whatever it likes, past every hook and every rule of
// the gateway ("h2c smuggling"). A server may ignore what it does not want to switch to (RFC 9110, 7.8), and does here.
const NEVER = /^(?:h2c?|https?|tls)(?:\/|$)/i

/**
 * The protocols to which a client's connection may be switched.
 * @returns as the upstream is asked, `websocket`; `null` when it is an ordinary request, also because of a protocol that
 *   is not tunnelled, because it is HTTP/1.0, whose clients cannot switch, or because it has a body, which has to be read
 *   as one first
 */
export function readUpgrade (request: UpgradeRequest): string | null {
  const { httpVersion, headers } = request
  if (!isUpgradeRequest(request) || httpVersion !== '1.1' || headers.upgrade === undefined || hasBody(headers)) return null
  const protocols = headers.upgrade.split(',').map(protocol => protocol.trim())
  const wanted = protocols.filter(protocol => protocol !== '' && !NEVER.test(protocol))
  return wanted.length === 0 ? null : wanted.join(', ')
}

/** Whether a request says that it has a body (RFC 9112, 6). */
export function hasBody ({ 'content-length': length, 'transfer-encoding': coding }: IncomingHttpHeaders): boolean {
  return coding !== undefined || (length !== undefined && length !== '0')
}
