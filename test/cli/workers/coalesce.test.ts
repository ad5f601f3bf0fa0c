import t from 'tap'
import { coalesce } from '../../../cli/workers/coalesce.ts'

t.test('what is requested while it runs is done once more afterwards, never beside it', async t => {
  const ends: (() => void)[] = []
  const run = coalesce(() => new Promise(resolve => { ends.push(resolve) }))
  const first = run()
  await Promise.all([run(), run(), run()])
  t.equal(ends.length, 1)
  ends[0]!()
  await new Promise(resolve => setImmediate(resolve))
  t.equal(ends.length, 2)
  ends[1]!()
  await first
  t.equal(ends.length, 2)
  run()
  t.equal(ends.length, 3, 'and anew when it is requested later')
})
