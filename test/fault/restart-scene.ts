import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import { openGateway } from './gateway.ts'
import { type Load, type LoadResult, startLoad } from './load.ts'
import { createRandom, seedOf } from './random.ts'
import { RequestTracker } from './request-tracker.ts'
import { type RestartableUpstream, startRestartable } from './restartable-upstream.ts'

export const RATE = 200

export interface RestartScene {
  upstreams: RestartableUpstream[]
  load: Load
}

/**
 * Some upstreams behind a gateway with the default options, under 200 small requests a second, a fifth of them POSTs.
 */
export async function startScene (t: Test, count: number): Promise<RestartScene> {
  const tracker = new RequestTracker()
  const random = createRandom(seedOf(process.env))
  const upstreams = await startRestartable(t, count, tracker, random)
  const { port } = await openGateway(t, upstreams.map(({ origin }) => origin))
  return { upstreams, load: startLoad({ port, tracker, random, rate: RATE, posts: 0.2, largest: 10_000 }) }
}

export interface Restarts {
  /** How many upstreams there are. */
  count: number
  /** How one of them goes. */
  leave: (upstream: RestartableUpstream) => unknown
  /** Milliseconds for which it is away. */
  down: number
  /** Milliseconds until the next one goes. */
  pause: number
  /** Milliseconds in all. */
  duration: number
}

/** Restarts one after the other, round and round, and loses nothing. */
export async function restartInTurn (t: Test, { count, leave, down, pause, duration }: Restarts): Promise<void> {
  const { upstreams, load } = await startScene(t, count)
  const endsAt = performance.now() + duration
  await delay(pause)
  let times = 0
  while (performance.now() < endsAt) {
    const upstream = upstreams[times++ % count]!
    await leave(upstream)
    await delay(down)
    await upstream.start()
    await delay(pause)
  }
  load.stop()
  t.comment(`${times} restarts`)
  checkNothingLost(t, await load.result)
  t.ok(upstreams.every(({ arrivals }) => arrivals > 0), 'all have worked')
}

/** Every request has been answered, but perhaps some POSTs: those that an upstream had when it went. */
export function checkNothingLost (t: Test, { gets, posts, codes, violations }: LoadResult): void {
  t.comment(`GETs ${JSON.stringify(gets)}`)
  t.comment(`POSTs ${JSON.stringify(posts)}, ${posts.sent - posts.answered} failed; ${JSON.stringify(codes)}`)
  t.strictSame(violations, [], 'no response is wrong, no POST arrived twice')
  t.equal(gets.answered, gets.sent, 'no GET failed')
  t.ok(posts.answered > 0)
}
