import { LruMap } from 'toad-cache'
import type { AnswerHead } from '../headers/response.ts'
import { splitQuery } from '../location/query.ts'
import type { Location } from '../location/types.ts'
import { type PublicUrlContext, toAppPath } from '../rewrite/public-url.ts'

/** A client would not follow more either. */
export const MAX_HOPS = 5
const MAX_REMEMBERED = 1000
const LIFETIME = 5 * 60_000

/** What is asked of an app, by path and query. */
interface Asked {
  method: string
  path: string
}

/**
 * Where an answer redirects the same request to in the same app: FastAPI and others do it when a slash is missing.
 * @param context - tells what the app's own URLs are
 * @returns path and query; `undefined` when it does not, or to somewhere else
 * @see RFC 9110, 15.4.8 and 15.4.9: 307 and 308 keep method and body
 */
export function findOwnRedirect ({ statusCode, headers }: Pick<AnswerHead, 'statusCode' | 'headers'>, context: PublicUrlContext): string | undefined {
  if (statusCode !== 307 && statusCode !== 308) return undefined
  if (typeof headers.location !== 'string') return undefined
  const path = toAppPath(headers.location, context)?.replace(/#.*$/s, '')
  return path !== undefined && SENDABLE.test(path) ? path : undefined
}

/** A path, of what a request line can carry: undici refuses the rest, and a client knows what a browser makes of it. */
const SENDABLE = /^\/[!-~\x80-\xff]*$/

/**
 * Where paths led that had a slash too few or too many, by method; each request has its own query. Bounded in number and
 * in time.
 */
export class RedirectMemory {
  readonly #paths = new LruMap<string>(MAX_REMEMBERED, LIFETIME)

  /** @returns path and query to ask for instead */
  recall ({ method, path }: Asked): string | undefined {
    const [pathname, query] = splitQuery(path)
    const known = this.#paths.get(`${method} ${pathname}`)
    return known === undefined ? undefined : known + query
  }

  /** Remembers a redirect that is about a slash and nothing else. */
  remember ({ method, path }: Asked, target: string): void {
    const [from, query] = splitQuery(path)
    const [to, targetQuery] = splitQuery(target)
    const isSlash = to === `${from}/` || from === `${to}/`
    if (isSlash && query === targetQuery) this.#paths.set(`${method} ${from}`, to)
  }

  forget ({ method, path }: Asked): void {
    this.#paths.delete(`${method} ${splitQuery(path)[0]}`)
  }

  get size (): number {
    return this.#paths.size
  }
}

/** Whether what stands at a remembered path is still what was meant. */
export function isGoodAnswer (statusCode: number): boolean {
  return statusCode < 300 || statusCode === 304 || (statusCode > 308 && statusCode !== 404 && statusCode !== 405 && statusCode < 500)
}

/** @returns `null` for a location that follows nothing, or remembers nothing */
export function createMemory ({ fastapiRedirect, redirectCache }: Location): RedirectMemory | null {
  return fastapiRedirect && redirectCache ? new RedirectMemory() : null
}
