// An upstream closes a kept connection in the moment in which it is used again: what every server with a keep-alive
// time does now and then. 1,000 times, with one upstream and the default options.
import t from 'tap'
import { inFlightOf } from '../lib/dispatch/dispatch.ts'
import { startChaos } from './chaos-upstream.ts'
import type { FaultName } from './faults.ts'
import { openGateway } from './gateway.ts'
import { runLoad, startLoad } from './load.ts'
import { createRandom, seedOf } from './random.ts'
import { RequestTracker } from './request-tracker.ts'

const RACES = 1000
/** One in so many requests of a connection: fewer than the budget of 20 % allows. */
const EVERY = 7

t.test(`the keep-alive race fails no GET in ${RACES} times`, async t => {
  const tracker = new RequestTracker()
  const upstream = await startChaos(t, tracker, createRandom(1))
  const { port, dispatcher } = await openGateway(t, upstream.origin)
  let races = 0
  const load = startLoad({
    port,
    tracker,
    random: createRandom(seedOf(process.env)),
    concurrency: 40,
    requests: RACES * EVERY * 2,
    posts: 0,
    largest: 2000,
  })
  upstream.behaviour = ({ nth }): FaultName => {
    if (nth % EVERY !== 0) return 'none'
    if (++races === RACES) load.stop()
    return races % 2 === 0 ? 'reset on reuse' : 'end on reuse'
  }
  const { gets, codes, violations } = await load.result
  t.comment(`${races} races in ${gets.sent} requests, ${JSON.stringify(codes)}`)
  t.ok(races >= RACES)
  t.strictSame(violations, [])
  t.equal(gets.answered, gets.sent)
  t.equal(inFlightOf(dispatcher), 0)
})

t.test('the keep-alive race sends no POST twice, and fails only those that it met', async t => {
  const tracker = new RequestTracker()
  const upstream = await startChaos(t, tracker, createRandom(1))
  const { port } = await openGateway(t, upstream.origin)
  let races = 0
  upstream.behaviour = ({ nth }): FaultName => {
    if (nth % EVERY !== 0) return 'none'
    return ++races % 2 === 0 ? 'reset on reuse' : 'end on reuse'
  }
  const { posts, codes, violations } = await runLoad({
    port,
    tracker,
    random: createRandom(seedOf(process.env)),
    concurrency: 20,
    requests: 1500,
    posts: 1,
    largest: 2000,
  })
  t.comment(`${races} races in ${posts.sent} requests, ${JSON.stringify(codes)}`)
  t.strictSame(violations, [])
  t.equal(posts.answered + posts.failed, posts.sent)
  t.equal(posts.failed, races)
})

t.test('an upstream that closes all its kept connections in the moment of use fails no GET', async t => {
  const tracker = new RequestTracker()
  const random = createRandom(seedOf(process.env))
  const upstream = await startChaos(t, tracker, createRandom(1))
  const { port } = await openGateway(t, upstream.origin)
  const options = { port, tracker, random, posts: 0, largest: 2000 }
  for (let round = 0; round < 10; round++) {
    upstream.behaviour = () => 'none'
    await runLoad({ ...options, concurrency: 10, requests: 100 })
    // Another try on another connection of that kind would fail as well.
    upstream.behaviour = () => 'reset on reuse'
    const { gets, violations } = await runLoad({ ...options, concurrency: 2, requests: 10 })
    t.strictSame([gets.answered, violations], [10, []])
  }
})
