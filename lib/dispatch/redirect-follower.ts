import type { Location } from '../location/types.ts'
import type { Answer } from '../upstream/answer-assembly.ts'
import type { Exchange } from '../upstream/exchange.ts'
import { createMemory, findOwnRedirect, isGoodAnswer, MAX_HOPS, type RedirectMemory } from './redirect-memory.ts'
import type { Upstream } from '../pool/upstream.ts'

/** Follows an app's own 307 and 308 inside the gateway. */
export class RedirectFollower {
  readonly #memory: RedirectMemory | null

  constructor (location: Location) {
    this.#memory = createMemory(location)
  }

  /** Before the first attempt: asks at once for where a path led before. */
  recall (exchange: Exchange): void {
    const { request } = exchange
    const path = this.#memory?.recall(request)
    if (path === undefined) return
    exchange.recalledFrom = request.path
    request.path = path
  }

  /**
   * Whether an answer only redirects to the same app. Then the exchange has the new path, for the same upstream.
   * @param upstream - who answered
   */
  follow (exchange: Exchange, upstream: Upstream, answer: Answer): boolean {
    const { request, visited, recalledFrom } = exchange
    if (recalledFrom !== null && !isGoodAnswer(answer.statusCode)) this.#memory?.forget({ ...request, path: recalledFrom })
    const path = targetOf(exchange, upstream, answer)
    if (path === undefined) return false
    this.#memory?.remember(request, path)
    visited.push(request.path)
    request.path = path
    return true
  }
}

/** @returns path and query to ask the same upstream for; `undefined` when the answer is the client's */
function targetOf ({ request, visited }: Exchange, { target }: Upstream, answer: Answer): string | undefined {
  const isReplayable = request.body === null || Buffer.isBuffer(request.body)
  if (!isReplayable || visited.length === MAX_HOPS) return undefined
  const clientHosts = request.host === undefined ? [] : [request.host]
  const path = findOwnRedirect(answer, { prefix: '', upstreams: [target], basePath: target.basePath, clientHosts })
  return path === request.path || visited.includes(path ?? '') ? undefined : path
}
