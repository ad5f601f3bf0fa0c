import t from 'tap'
import { decode, type HeaderRecord, type RawText, readResponseHeaders } from '../../../lib/headers/response.ts'

const texts: { name: string, text: RawText, expected: string }[] = [
  { name: 'bytes are characters, one each', text: Buffer.from([0x00, 0x41, 0x7f, 0x80, 0xc3, 0xa9, 0xff]), expected: '\x00A\x7f\x80\xc3\xa9\xff' },
  { name: 'characters are left as they are', text: 'caf\xc3\xa9', expected: 'caf\xc3\xa9' },
  { name: 'no bytes', text: Buffer.alloc(0), expected: '' },
  { name: 'no characters', text: '', expected: '' },
]

for (const { name, text, expected } of texts) {
  t.test(`raw text: ${name}`, async t => t.equal(decode(text), expected))
}

t.test('headers are the same, whichever form a transport gives them', async t => {
  const raw = ['X-A', 'caf\xe9', 'Connection', 'x-b', 'X-B', '1', 'Set-Cookie', 'a=\xc3\xa9']
  t.strictSame(readResponseHeaders(raw), readResponseHeaders(raw.map(text => Buffer.from(text, 'latin1'))))
})

const raw = (...texts: string[]) => texts.map(text => Buffer.from(text, 'latin1'))

const rows: { name: string, raw: string[], expected: HeaderRecord }[] = [
  { name: 'names are lower-case', raw: ['ETag', '"1"', 'X-A', ''], expected: { etag: '"1"', 'x-a': '' } },
  { name: 'repeated ones are a list in their order', raw: ['Set-Cookie', 'a', 'X', '1', 'set-cookie', 'b', 'SET-COOKIE', 'c'], expected: { 'set-cookie': ['a', 'b', 'c'], x: '1' } },
  { name: 'bytes above 127 are one character each', raw: ['X-A', 'caf\u00e9 \u00c3\u00a9'], expected: { 'x-a': 'caf\u00e9 \u00c3\u00a9' } },
  {
    name: 'what ends at the connection is left out',
    raw: ['Connection', 'keep-alive', 'Keep-Alive', 'timeout=5', 'Transfer-Encoding', 'chunked', 'Trailer', 'x-sum', 'Upgrade', 'h2c', 'Server', 'x'],
    // Of its trailers somebody else decides.
    expected: { trailer: 'x-sum', server: 'x' },
  },
  { name: 'and so is what Connection names, in all of its lines', raw: ['X-A', '1', 'Connection', 'x-a', 'X-B', '2', 'connection', 'close, x-b', 'X-C', '3'], expected: { 'x-c': '3' } },
  { name: 'but no cookie and no location', raw: ['Connection', 'set-cookie, location', 'Set-Cookie', 'a=1', 'Location', '/'], expected: { 'set-cookie': 'a=1', location: '/' } },
  { name: 'a name of Object.prototype is a name', raw: ['constructor', 'a', 'toString', 'b', 'Connection', 'hasOwnProperty', 'hasOwnProperty', 'c'], expected: { constructor: 'a', tostring: 'b', } },
  { name: '__proto__ is not passed on', raw: ['__proto__', 'x', 'X-A', '1'], expected: { 'x-a': '1' } },
  { name: 'a repeated content type is one line, which Fastify can read', raw: ['Content-Type', ';', 'Content-Type', ';', 'content-type', 'text/html'], expected: { 'content-type': ';, ;, text/html' } },
  { name: 'no headers', raw: [], expected: {} },
]

for (const { name, raw: texts, expected } of rows) {
  t.test(`response headers: ${name}`, async t => {
    const headers = readResponseHeaders(raw(...texts))
    t.equal(Object.getPrototypeOf(headers), null)
    t.strictSame(Object.entries(headers), Object.entries(expected))
  })
}
