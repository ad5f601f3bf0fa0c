import t from 'tap'
import { toHttp1Headers } from '../../../lib/headers/http2-request.ts'

const rows: Array<{ name: string, raw: string[], expected: string[] }> = [
  { name: 'pseudo fields and host are the request line\'s and Host\'s', raw: [':method', 'GET', ':authority', 'a', ':path', '/', ':scheme', 'https', 'host', 'a', 'x-a', '1'], expected: ['x-a', '1'] },
  { name: 'cookies are one field, where the first was', raw: ['cookie', 'a=1', 'x-a', '1', 'cookie', 'b=2', 'cookie', 'c=3', 'x-b', '2'], expected: ['cookie', 'a=1; b=2; c=3', 'x-a', '1', 'x-b', '2'] },
  { name: 'other fields are repeated as they came', raw: ['x-a', '1', 'x-b', '2', 'x-a', '3'], expected: ['x-a', '1', 'x-b', '2', 'x-a', '3'] },
  { name: 'nothing is nothing', raw: [], expected: [] },
]

for (const { name, raw, expected } of rows) t.test(name, async t => { t.strictSame(toHttp1Headers(raw), expected) })
