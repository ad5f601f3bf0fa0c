import t from 'tap'
import { foldRepeated } from '../../../lib/headers/http2-response.ts'

t.test('of what node takes once, the same lines are one, and others are joined', async t => {
  t.strictSame(foldRepeated({
    'x-content-type-options': ['nosniff', 'nosniff'], etag: ['"a"', '"b"'], 'set-cookie': ['a', 'a'], vary: ['a', 'b'], server: 'x', date: 'now',
  }), {
    'x-content-type-options': 'nosniff', etag: '"a", "b"', 'set-cookie': ['a', 'a'], vary: ['a', 'b'], server: 'x', date: 'now',
  })
})
