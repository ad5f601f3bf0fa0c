import t from 'tap'
import { connectionOptions, HOP_BY_HOP } from '../../../lib/headers/hop-by-hop.ts'

const rows: [name: string, value: string | undefined, expected: string[] | null][] = [
  ['no header names none', undefined, null],
  ['keep-alive alone, the usual case, names none', 'Keep-Alive', null],
  ['close alone names none', 'close', null],
  ['names are lower-case and trimmed', 'close, X-Trace ,\tX-Other', ['close', 'x-trace', 'x-other']],
  ['empty members are nothing', ',,x-a,,', ['x-a']],
  ['credentials stay', 'authorization, cookie, x-a', ['x-a']],
  ['what the gateway adds stays', 'X-Forwarded-For, x-forwarded-anything, Forwarded, X-Request-Id, X-Real-IP', []],
  ['framing, conditions and checks stay', 'Content-Length, If-Match, Access-Control-Allow-Origin, Sec-Fetch-Site, Host, Origin', []],
  ['a name of Object.prototype is a name', '__proto__, constructor', ['__proto__', 'constructor']],
]

for (const [name, value, expected] of rows) {
  t.test(name, async t => {
    const options = connectionOptions(value)
    t.strictSame(options === null ? null : [...options], expected)
  })
}

t.test('every header of a connection is known in lower case', async t => {
  for (const name of ['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings', 'expect']) {
    t.ok(HOP_BY_HOP.has(name), name)
  }
})
