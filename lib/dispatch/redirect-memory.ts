import { LruMap } from 'toad-cache'
import { splitQuery } from '../location/query.ts'

const MAX_ENTRIES = 1000
/** Milliseconds. */
const LIFETIME = 5 * 60_000

/** The part of a request that a redirect is remembered for. */
export interface RedirectKey {
  method: string
  /** Path and query. */
  path: string
}

/**
 * Where paths with a slash too few or too many were redirected to, by method; each request has its own query. Bounded
 * in number and in time.
 */
export class RedirectMemory {
  readonly #targets = new LruMap<string>(MAX_ENTRIES, LIFETIME)

  /** @returns path and query to request instead */
  recall ({ method, path }: RedirectKey): string | undefined {
    const [pathname, query] = splitQuery(path)
    const target = this.#targets.get(`${method} ${pathname}`)
    return target === undefined ? undefined : target + query
  }

  /** Remembers a redirect, if a slash is all that it changes. */
  remember ({ method, path }: RedirectKey, target: string): void {
    const [from, query] = splitQuery(path)
    const [to, targetQuery] = splitQuery(target)
    const isSlash = to === `${from}/` || from === `${to}/`
    if (isSlash && query === targetQuery) this.#targets.set(`${method} ${from}`, to)
  }

  forget ({ method, path }: RedirectKey): void {
    this.#targets.delete(`${method} ${splitQuery(path)[0]}`)
  }
}
