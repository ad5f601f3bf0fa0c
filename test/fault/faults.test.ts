// Faults come and go while requests are under way, and each request still gets one right response or one honest error.
// FAULT_SEED=n repeats the random part of a run.
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { inFlightOf } from '../lib/dispatch/dispatch.ts'
import { type ChaosUpstream, startChaos } from './chaos-upstream.ts'
import { eventually } from './eventually.ts'
import { type FaultName, faultNames } from './faults.ts'
import { openGateway, type OpenGateway } from './gateway.ts'
import { type LoadResult, runLoad, startLoad } from './load.ts'
import { between, createRandom, oneOf, seedOf } from './random.ts'
import { RequestTracker } from './request-tracker.ts'

/**
 * Short, so that what hangs is over and what is ejected is back before the test has ended. The rest are the defaults.
 */
const flags = {
  timeouts: { connect: 800, headers: 800, body: 800 },
  outlierDetection: { baseEjectionTime: 300, maxEjectionTime: 600 },
}
const RATE = 100
const seed = seedOf(process.env)

interface Scene extends OpenGateway {
  tracker: RequestTracker
  upstreams: ChaosUpstream[]
  random: () => number
}

async function startScene (t: Test, count: number): Promise<Scene> {
  const tracker = new RequestTracker()
  const random = createRandom(seed)
  const upstreams = await Promise.all(
    Array.from({ length: count }, (_, i) => startChaos(t, tracker, createRandom(seed + i)))
  )
  return { tracker, random, upstreams, ...await openGateway(t, upstreams.map(({ origin }) => origin), flags) }
}

type Trouble = FaultName | 'refuse'

async function begin (upstream: ChaosUpstream, trouble: Trouble): Promise<void> {
  if (trouble === 'refuse') await upstream.stop()
  else upstream.behaviour = () => trouble
}

async function end (upstream: ChaosUpstream): Promise<void> {
  upstream.behaviour = () => 'none'
  if (!upstream.isListening) await upstream.start()
}

/**
 * With nothing wrong any more, every request is answered, every upstream gets requests again, and nothing is left.
 */
async function recover (t: Test, { port, dispatcher, tracker, random, upstreams }: Scene): Promise<void> {
  const before = upstreams.map(({ arrivals }) => arrivals)
  const endsAt = performance.now() + 10_000
  let failed = 0
  while (upstreams.some(({ arrivals }, i) => arrivals === before[i]) && performance.now() < endsAt) {
    const { gets, violations } = await runLoad({ port, tracker, random, posts: 0, requests: 10, concurrency: 2 })
    failed += gets.sent - gets.answered + violations.length
    await delay(20)
  }
  t.equal(failed, 0, 'no GET fails any more')
  t.ok(upstreams.every(({ arrivals }, i) => arrivals > before[i]!), 'every upstream gets requests again')
  await eventually(() => upstreams.every(({ busy }) => busy === 0), () => `${upstreams.map(({ busy }) => busy)} connections are busy`)
  t.equal(inFlightOf(dispatcher), 0, 'nothing is under way')
}

function report (t: Test, { gets, posts, codes }: LoadResult): void {
  t.comment(JSON.stringify({ gets, posts, codes }))
}

t.jobs = 4
for (const count of [2, 3]) {
  for (const trouble of ['refuse', ...faultNames] as Trouble[]) {
    t.test(`requests get a right response or an honest error while ${count - 1} of ${count} upstreams: ${trouble}`, { buffered: true }, async t => {
      const scene = await startScene(t, count)
      const faulty = scene.upstreams.slice(1)
      const load = startLoad({ ...scene, rate: RATE, posts: 0.2 })
      for (const [calm, troubled] of [[150, 500], [300, 200]]) {
        await delay(calm)
        await Promise.all(faulty.map(upstream => begin(upstream, trouble)))
        await delay(troubled)
        await Promise.all(faulty.map(end))
      }
      load.stop()
      const result = await load.result
      report(t, result)
      t.strictSame(result.violations, [])
      t.ok(result.gets.answered > 0 && result.posts.answered > 0)
      await recover(t, scene)
    })
  }
}

const sequences = [
  { name: 'on one of two upstreams', count: 2, spared: 1 },
  { name: 'on two of three upstreams', count: 3, spared: 1 },
  { name: 'on all of three upstreams', count: 3, spared: 0 },
]

for (const { name, count, spared } of sequences) {
  t.test(`requests get a right response or an honest error while all kinds of faults come and go ${name}`, { buffered: true }, async t => {
    const scene = await startScene(t, count)
    const { random } = scene
    const faulty = scene.upstreams.slice(spared)
    const load = startLoad({ ...scene, rate: RATE, posts: 0.2 })
    const endsAt = performance.now() + 6000
    while (performance.now() < endsAt) {
      const upstream = oneOf(random, faulty)
      const share = random()
      await end(upstream)
      if (random() < 0.2) await upstream.stop()
      else upstream.behaviour = () => random() < share ? oneOf(random, faultNames) : 'none'
      await delay(between(random, 50, 200))
    }
    await Promise.all(faulty.map(end))
    load.stop()
    const result = await load.result
    report(t, result)
    t.strictSame(result.violations, [], `with FAULT_SEED=${seed}`)
    await recover(t, scene)
  })
}
