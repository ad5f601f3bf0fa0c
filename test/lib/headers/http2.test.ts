import t from 'tap'
import { foldRepeated, toHttp1Headers } from '../../../lib/headers/http2.ts'

const rows: Array<{ name: string, raw: string[], expected: string[] }> = [
  { name: 'pseudo fields and host are the request line\'s and Host\'s', raw: [':method', 'GET', ':authority', 'a', ':path', '/', ':scheme', 'https', 'host', 'a', 'x-a', '1'], expected: ['x-a', '1'] },
  { name: 'cookies are one field, where the first was', raw: ['cookie', 'a=1', 'x-a', '1', 'cookie', 'b=2', 'cookie', 'c=3', 'x-b', '2'], expected: ['cookie', 'a=1; b=2; c=3', 'x-a', '1', 'x-b', '2'] },
  { name: 'other fields are repeated as they came', raw: ['x-a', '1', 'x-b', '2', 'x-a', '3'], expected: ['x-a', '1', 'x-b', '2', 'x-a', '3'] },
  { name: 'nothing is nothing', raw: [], expected: [] },
]

for (const { name, raw, expected } of rows) t.test(name, async t => { t.strictSame(toHttp1Headers(raw), expected) })

t.test('of what node takes once, the same lines are one, and others are joined', async t => {
  t.strictSame(foldRepeated({
    'x-content-type-options': ['nosniff', 'nosniff'], etag: ['"a"', '"b"'], 'set-cookie': ['a', 'a'], vary: ['a', 'b'], server: 'x', date: 'now',
  }), {
    'x-content-type-options': 'nosniff', etag: '"a", "b"', 'set-cookie': ['a', 'a'], vary: ['a', 'b'], server: 'x', date: 'now',
  })
})
