import type { IncomingHttpHeaders } from 'node:http'
import t from 'tap'
import { readEffectiveHeaders } from '../../../lib/headers/effective-request.ts'

interface Row {
  name: string
  raw: string[]
  /** As node reads them and hooks leave them. */
  headers: Record<string, unknown>
  fields?: string[]
  set?: string[]
}

const rows: Row[] = [
  { name: 'nothing is changed', raw: ['Host', 'a', 'X-A', '1'], headers: { host: 'a', 'x-a': '1' } },
  { name: 'repeated fields that no hook has touched stay as they came', raw: ['X-A', '1', 'x-a', '2'], headers: { 'x-a': '1, 2' } },
  { name: 'node keeps the first of some', raw: ['User-Agent', 'a', 'User-Agent', 'b'], headers: { 'user-agent': 'a' } },
  { name: 'node joins cookies in its own way', raw: ['Cookie', 'a=1', 'Cookie', 'b=2'], headers: { cookie: 'a=1; b=2' } },
  { name: 'node lists some', raw: ['Set-Cookie', 'a', 'Set-Cookie', 'b'], headers: { 'set-cookie': ['a', 'b'] } },
  { name: 'names that node puts first', raw: ['X-A', '1', '5', 'five'], headers: { 5: 'five', 'x-a': '1' } },
  { name: 'a name that node cannot keep', raw: ['__proto__', 'x', 'X-A', '1'], headers: { 'x-a': '1' } },
  { name: 'a field that a hook has set', raw: ['X-A', '1'], headers: { 'x-a': '1', 'x-user': 'alice' }, fields: ['X-A', '1', 'x-user', 'alice'], set: ['x-user'] },
  { name: 'a field that a hook has replaced', raw: ['X-User', 'admin', 'X-A', '1'], headers: { 'x-user': 'alice', 'x-a': '1' }, fields: ['X-A', '1', 'x-user', 'alice'], set: ['x-user'] },
  { name: 'repeated fields that a hook has replaced by one of theirs', raw: ['X-A', '1', 'X-A', '2', 'X-A', '3'], headers: { 'x-a': '2' }, fields: ['x-a', '2'], set: ['x-a'] },
  { name: 'repeated fields that a hook has replaced by the first', raw: ['X-Role', 'user', 'X-Role', 'admin'], headers: { 'x-role': 'user' }, fields: ['x-role', 'user'], set: ['x-role'] },
  { name: 'repeated fields that a hook has joined as cookies are', raw: ['X-A', '1', 'X-A', '2'], headers: { 'x-a': '1; 2' }, fields: ['x-a', '1; 2'], set: ['x-a'] },
  { name: 'a field that a hook has deleted', raw: ['X-User', 'admin', 'X-A', '1', 'x-user', 'root'], headers: { 'x-a': '1' }, fields: ['X-A', '1'] },
  { name: 'a field that a hook has deleted by undefined', raw: ['X-User', 'admin'], headers: { 'x-user': undefined }, fields: [] },
  { name: 'a field that a hook has set to several values, and to a number', raw: [], headers: { 'x-a': ['1', '2'], 'x-b': 3 }, fields: ['x-a', '1', 'x-a', '2', 'x-b', '3'], set: ['x-a', 'x-b'] },
  { name: 'one deleted and one set, so that there are as many as before', raw: ['X-A', '1'], headers: { 'x-b': '1' }, fields: ['x-b', '1'], set: ['x-b'] },
  { name: 'what frames the body stays the client\'s', raw: ['Content-Length', '5'], headers: { 'content-length': '7', 'transfer-encoding': 'chunked' } },
  { name: 'HTTP/2: with a hook\'s field pseudo-header fields are none, either', raw: ['x-a', '1'], headers: { ':method': 'GET', 'x-a': '2' }, fields: ['x-a', '2'], set: ['x-a'] },
  { name: 'HTTP/2: pseudo-header fields are none', raw: ['x-a', '1'], headers: { ':method': 'GET', 'x-a': '1' } },
]

for (const { name, raw, headers, fields = raw, set } of rows) {
  t.test(`effective headers: ${name}`, async t => {
    const effective = readEffectiveHeaders(raw, headers as IncomingHttpHeaders)
    t.strictSame(effective.fields, fields)
    t.strictSame(effective.keys, fields.filter((_, index) => index % 2 === 0).map(each => each.toLowerCase()))
    t.strictSame(effective.set === null ? undefined : [...effective.set], set)
  })
}

t.test('a hook that deletes or replaces Connection does not take back what the client has named there', async t => {
  const raw = ['Connection', 'x-a', 'X-A', '1', 'connection', 'x-b']
  for (const headers of [{ 'x-a': '1' }, { connection: 'close', 'x-a': '1' }]) {
    t.equal(readEffectiveHeaders(raw, headers).connection, 'x-a,x-b')
  }
  t.equal(readEffectiveHeaders(['Connection', 'x-a'], { connection: 'x-a' }).connection, 'x-a')
  t.equal(readEffectiveHeaders(['X-A', '1'], { 'x-a': '2' }).connection, undefined)
})
