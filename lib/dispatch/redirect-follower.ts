import type { AnswerHead } from '../headers/response.ts'
import type { Location } from '../configuration/types.ts'
import type { Upstream } from '../pool/upstream.ts'
import { type PublicUrlContext, toAppPath } from '../rewrite/public-url.ts'
import type { Answer } from '../upstream/answer-assembly.ts'
import type { Exchange } from '../upstream/exchange.ts'
import { RedirectMemory } from './redirect-memory.ts'

/** A client would not follow more either. */
const MAX_REDIRECTS = 5

/** Follows an app's own 307 and 308 inside the gateway (`fastapiRedirect`). */
export class RedirectFollower {
  readonly #memory: RedirectMemory | null

  constructor ({ redirectCache }: Pick<Location, 'redirectCache'>) {
    this.#memory = redirectCache ? new RedirectMemory() : null
  }

  /** Before the first attempt: takes the path that the request was redirected to before. */
  recall (exchange: Exchange): void {
    const { request } = exchange
    const path = this.#memory?.recall(request)
    if (path === undefined) return
    exchange.recalledFrom = request.path
    request.path = path
  }

  /**
   * Whether a response only redirects to the same app. Then the exchange has the new path, for the same upstream.
   * @param upstream - the one that responded
   */
  follow (exchange: Exchange, upstream: Upstream, response: Answer): boolean {
    const { request, visited, recalledFrom } = exchange
    if (recalledFrom !== null && !confirmsPath(response.statusCode)) {
      this.#memory?.forget({ ...request, path: recalledFrom })
    }
    const path = findNextPath(exchange, upstream, response)
    if (path === undefined) return false
    this.#memory?.remember(request, path)
    visited.push(request.path)
    request.path = path
    return true
  }
}

/** @returns path and query to request from the same upstream; `undefined` when the response is passed on */
function findNextPath ({ request, visited }: Exchange, { target }: Upstream, response: Answer): string | undefined {
  const isReplayable = request.body === null || Buffer.isBuffer(request.body)
  if (!isReplayable || visited.length === MAX_REDIRECTS) return undefined
  const clientHosts = request.host === undefined ? [] : [request.host]
  const context = { prefix: '', upstreams: [target], basePath: target.basePath, clientHosts }
  const path = findOwnRedirect(response, context)
  return path === request.path || visited.includes(path ?? '') ? undefined : path
}

/** A path as a request line can carry it: undici refuses others, and a client knows what a browser makes of them. */
const SENDABLE = /^\/[!-~\x80-\xff]*$/

/**
 * Where a response redirects the same request to in the same app: FastAPI and others do that when a slash is missing.
 * @param context - tells the app's own URLs from others
 * @returns path and query; `undefined` when it does not redirect, or to somewhere else
 * @see RFC 9110, 15.4.8 and 15.4.9: 307 and 308 keep method and body
 */
export function findOwnRedirect (
  { statusCode, headers }: Pick<AnswerHead, 'statusCode' | 'headers'>, context: PublicUrlContext
): string | undefined {
  if (statusCode !== 307 && statusCode !== 308) return undefined
  if (typeof headers.location !== 'string') return undefined
  const path = toAppPath(headers.location, context)?.replace(/#.*$/s, '')
  return path !== undefined && SENDABLE.test(path) ? path : undefined
}

/** Whether the status of a response shows that a remembered path is still the right one. */
export function confirmsPath (statusCode: number): boolean {
  if (statusCode < 300 || statusCode === 304) return true
  return statusCode > 308 && statusCode < 500 && statusCode !== 404 && statusCode !== 405
}
