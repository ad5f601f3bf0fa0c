import t from 'tap'
import { UpstreamPool } from '../../../lib/upstream/pool.ts'
import { createLocation, createTarget } from '../locations.ts'

const poolOf = (...weights: number[]) =>
  new UpstreamPool(createLocation({ upstreams: weights.map((weight, i) => createTarget(`http://127.0.0.1:${i + 1}`, { weight })) }))

const ok = { statusCode: 200, latency: 1, error: null }

t.test('a single upstream is always picked', async t => {
  const pool = poolOf(5)
  t.strictSame([pool.pick(), pool.pick()], [pool.upstreams[0], pool.upstreams[0]])
})

t.test('a single upstream with weight 0 is not', async t => {
  t.equal(poolOf(0).pick(), undefined)
})

t.test('several are picked by weight', async t => {
  const pool = poolOf(3, 1, 0)
  t.strictSame(Array.from({ length: 4 }, () => pool.upstreams.indexOf(pool.pick()!)), [0, 0, 1, 0])
})

t.test('no upstream is no pick', async t => {
  t.equal(poolOf().pick(), undefined)
})

t.test('requests in flight are counted, for each and together', async t => {
  const pool = poolOf(1, 1)
  const [first, second] = pool.upstreams
  pool.begin(first!)
  pool.begin(first!)
  pool.begin(second!)
  pool.outcome(first!, ok)
  t.strictSame([first!.inFlight, second!.inFlight, pool.inFlight], [1, 1, 2])
})

t.test('destroying it closes the connections of all', async t => {
  const pool = poolOf(1, 1)
  await pool.destroy()
  t.strictSame(pool.upstreams.map(({ connections }) => (connections as unknown as { destroyed: boolean }).destroyed), [true, true])
})
