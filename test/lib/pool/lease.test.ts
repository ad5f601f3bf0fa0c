import t from 'tap'
import { Lease } from '../../../lib/pool/lease.ts'
import { UpstreamPool } from '../../../lib/pool/pool.ts'
import { createLocation, createTarget } from '../locations.ts'

t.test('a lease begins when it is created, and is released once', async t => {
  const pool = new UpstreamPool(createLocation({ upstreams: [createTarget('http://a:1')] }), { now: () => 0, random: () => 0, onHealthChange () {} })
  t.teardown(() => pool.destroy())
  const [upstream] = pool.upstreams
  const [first, second] = [new Lease(pool, upstream!), new Lease(pool, upstream!)]
  t.strictSame([upstream!.inFlight, first.isReleased, first.upstream, first.isProbe], [2, false, upstream, false])
  first.release()
  first.release()
  t.strictSame([upstream!.inFlight, first.isReleased, second.isReleased], [1, true, false])
})
