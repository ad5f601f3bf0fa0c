import t from 'tap'
import { createBalancer } from '../../../lib/balancer/create-balancer.ts'
import { observe } from '../../../lib/balancer/ewma.ts'
import type { BalancerRule } from '../../../lib/location.ts'
import { poolOf } from './pool.ts'

// Three candidates of which each rule has another opinion; every random number is 0, so that the first is drawn first.
const rows: { rule: BalancerRule, key?: string, picks: string }[] = [
  { rule: 'round-robin', picks: 'abc' },
  { rule: 'least-request', picks: 'bbb' },
  { rule: 'ewma', picks: 'aaa' },
  { rule: 'random', picks: 'aaa' },
  { rule: { hash: 'ip' }, key: 'k1', picks: 'ccc' },
  { rule: { hash: 'header:X-User' }, key: 'k2', picks: 'bbb' },
  { rule: { hash: 'cookie:sid' }, picks: 'aaa' },
]

for (const { rule, key, picks } of rows) {
  t.test(`balancer ${JSON.stringify(rule)} ${key === undefined ? 'without' : 'with'} a key`, async t => {
    const pool = poolOf({ a: 1, b: 1, c: 1 })
    pool[0]!.inFlight = 2
    observe(pool[0]!.latency, 10, false, 1000)
    observe(pool[1]!.latency, 90, false, 1000)
    const balancer = createBalancer(rule, () => 0, () => 1000)
    t.equal(Array.from(picks, () => balancer.pick(pool, key)?.name).join(''), picks)
  })
}

t.test('two pools do not share a round', async t => {
  const [one, two] = [createBalancer('round-robin', () => 0, () => 0), createBalancer('round-robin', () => 0, () => 0)]
  one.pick(poolOf({ a: 100, b: 1 }))
  const pool = poolOf({ a: 2, b: 1 })
  t.equal(Array.from('123', () => two.pick(pool)?.name).join(''), 'aba')
})
