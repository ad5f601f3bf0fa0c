import t from 'tap'
import { RestartBackoff } from '../../../cli/workers/supervisor.ts'

t.test('each delay is twice the one before, up to ten seconds', async t => {
  const backoff = new RestartBackoff()
  t.strictSame(
    Array.from({ length: 9 }, () => backoff.next(50)),
    [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]
  )
})

t.test('after one that has lived for half a minute it begins anew', async t => {
  const backoff = new RestartBackoff()
  t.strictSame([29_999, 29_999, 30_000, 0].map(lifetime => backoff.next(lifetime)), [100, 200, 100, 200])
})
