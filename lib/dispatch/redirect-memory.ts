import { LRUCache } from 'lru-cache'
import { splitQuery } from '../routing/request-target.ts'

const MAX_ENTRIES = 1000
/** Milliseconds. */
const LIFETIME = 5 * 60_000

/** The part of a request that a redirect is remembered for. */
export interface RedirectKey {
  method: string
  /** Path and query. */
  path: string
}

interface Redirect {
  /** A path without its query. */
  target: string
  /** In milliseconds since 1970. */
  expiresAt: number
}

/**
 * Where paths with a slash too few or too many were redirected to, by method; each request has its own query. Bounded
 * in number and in time.
 */
export class RedirectMemory {
  readonly #redirects = new LRUCache<string, Redirect>({ max: MAX_ENTRIES })

  /** @returns path and query to request instead */
  recall ({ method, path }: RedirectKey): string | undefined {
    const [pathname, query] = splitQuery(path)
    const redirect = this.#redirects.get(`${method} ${pathname}`)
    return redirect === undefined || Date.now() >= redirect.expiresAt ? undefined : redirect.target + query
  }

  /** Remembers a redirect, if a slash is all that it changes. */
  remember ({ method, path }: RedirectKey, target: string): void {
    const [from, query] = splitQuery(path)
    const [to, targetQuery] = splitQuery(target)
    const isSlash = to === `${from}/` || from === `${to}/`
    if (!isSlash || query !== targetQuery) return
    this.#redirects.set(`${method} ${from}`, { target: to, expiresAt: Date.now() + LIFETIME })
  }

  forget ({ method, path }: RedirectKey): void {
    this.#redirects.delete(`${method} ${splitQuery(path)[0]}`)
  }
}
