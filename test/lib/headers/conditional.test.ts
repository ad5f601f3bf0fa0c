import t from 'tap'
import { describeBytes, isKnownToClient } from '../../../lib/headers/conditional.ts'
import type { HeaderRecord } from '../../../lib/headers/response.ts'

t.test('headers of other bytes say nothing of the first ones', async t => {
  const headers: HeaderRecord = {
    'content-type': 'application/json',
    'content-length': '1',
    etag: 'W/"app"',
    'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT',
    'accept-ranges': 'bytes',
    'content-md5': 'x',
    digest: 'sha-256=x',
    'content-digest': 'sha-256=:x:',
    'repr-digest': 'sha-256=:x:',
    'cache-control': 'max-age=60',
  }
  describeBytes(headers, { length: 42, etag: '"ours"' })
  t.strictSame(headers, { 'content-type': 'application/json', 'content-length': '42', etag: '"ours"', 'cache-control': 'max-age=60' })
})

const rows: { name: string, header: string | undefined, isKnown: boolean }[] = [
  { name: 'no header', header: undefined, isKnown: false },
  { name: 'the version', header: '"a"', isKnown: true },
  { name: 'the version, weak', header: 'W/"a"', isKnown: true },
  { name: 'among others', header: '"b", W/"a" ,"c"', isKnown: true },
  { name: 'any version', header: ' * ', isKnown: true },
  { name: 'another one', header: '"b"', isKnown: false },
  { name: 'a longer one', header: '"aa"', isKnown: false },
  { name: 'without quotes', header: 'a', isKnown: false },
  { name: 'an empty header', header: '', isKnown: false },
]

for (const { name, header, isKnown } of rows) {
  t.test(`If-None-Match: ${name}`, async t => {
    t.equal(isKnownToClient(header, '"a"'), isKnown)
  })
}
