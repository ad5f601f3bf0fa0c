import t from 'tap'
import { finishResponseHeaders } from '../../../lib/headers/finish-response.ts'
import type { HeaderRecord } from '../../../lib/headers/response.ts'

const rows: { name: string, headers: HeaderRecord, isDraining?: boolean, expected: HeaderRecord }[] = [
  { name: 'an answer gets the id of its request', headers: { etag: '"1"' }, expected: { etag: '"1"', 'x-request-id': 'id-1' } },
  { name: 'an id of the app stays', headers: { 'x-request-id': 'theirs' }, expected: { 'x-request-id': 'theirs' } },
  { name: 'a stopping gateway asks for the connection to be closed', headers: {}, isDraining: true, expected: { 'x-request-id': 'id-1', connection: 'close' } },
  {
    name: 'an event stream loses its length',
    headers: { 'content-type': 'text/event-stream', 'content-length': '5' },
    expected: { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', 'x-accel-buffering': 'no', 'x-request-id': 'id-1' },
  },
]

for (const { name, headers, isDraining = false, expected } of rows) {
  t.test(name, async t => {
    const result = finishResponseHeaders(headers, { requestId: 'id-1', isDraining })
    t.strictSame(result, expected)
    t.equal(result, headers, 'in place')
  })
}
