import type { ResponseHead } from '../headers/response.ts'
import type { Location, UpstreamTarget } from '../location.ts'
import { type PublicUrlContext, toAppPath } from '../rewrite/public-url.ts'
import type { UpstreamResponse } from './response-assembly.ts'
import type { UpstreamRequest } from './exchange.ts'
import { RedirectMemory } from './redirect-memory.ts'

/** A client would not follow more either. */
const MAX_REDIRECTS = 5

/** Follows an app's own 307 and 308 inside the gateway (`fastapiRedirect`). */
export class RedirectFollower {
  readonly #memory: RedirectMemory | null

  constructor ({ redirectCache }: Pick<Location, 'redirectCache'>) {
    this.#memory = redirectCache ? new RedirectMemory() : null
  }

  /** Before the first attempt: the request gets the path that it was redirected to before. */
  follow (request: UpstreamRequest): RedirectTrail {
    return new RedirectTrail(request, this.#memory)
  }
}

/** The redirects of one exchange. */
export class RedirectTrail {
  readonly #request: UpstreamRequest
  readonly #memory: RedirectMemory | null
  /** The client's path, where a remembered one took its place. */
  readonly #recalledFrom: string | null
  /** Paths that redirected to the current one. */
  readonly #visited: string[] = []

  constructor (request: UpstreamRequest, memory: RedirectMemory | null) {
    this.#request = request
    this.#memory = memory
    const path = memory?.recall(request)
    this.#recalledFrom = path === undefined ? null : request.path
    request.path = path ?? request.path
  }

  /**
   * Whether a response only redirects to the same app. Then the request has the new path, for the same upstream.
   * @param target - of the upstream that responded
   */
  takes (response: UpstreamResponse, target: UpstreamTarget): boolean {
    if (this.#recalledFrom !== null && !confirmsPath(response.statusCode)) {
      this.#memory?.forget({ ...this.#request, path: this.#recalledFrom })
    }
    const path = this.#findNextPath(response, target)
    if (path === undefined) return false
    this.#memory?.remember(this.#request, path)
    this.#visited.push(this.#request.path)
    this.#request.path = path
    return true
  }

  /** @returns path and query to request from the same upstream; `undefined` when the response is passed on */
  #findNextPath (response: UpstreamResponse, target: UpstreamTarget): string | undefined {
    const { body, host, path } = this.#request
    const isReplayable = body === null || Buffer.isBuffer(body)
    if (!isReplayable || this.#visited.length === MAX_REDIRECTS) return undefined
    const clientHosts = host === undefined ? [] : [host]
    const next = findOwnRedirect(response, { prefix: '', upstreams: [target], basePath: target.basePath, clientHosts })
    return next === path || this.#visited.includes(next ?? '') ? undefined : next
  }
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
  { statusCode, headers }: Pick<ResponseHead, 'statusCode' | 'headers'>, context: PublicUrlContext
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
