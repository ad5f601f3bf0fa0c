import t from 'tap'
import { decode, type RawText } from '../../../lib/headers/raw-text.ts'
import { readResponseHeaders } from '../../../lib/headers/response.ts'

const rows: { name: string, text: RawText, expected: string }[] = [
  { name: 'bytes are characters, one each', text: Buffer.from([0x00, 0x41, 0x7f, 0x80, 0xc3, 0xa9, 0xff]), expected: '\x00A\x7f\x80\xc3\xa9\xff' },
  { name: 'characters are left as they are', text: 'caf\xc3\xa9', expected: 'caf\xc3\xa9' },
  { name: 'no bytes', text: Buffer.alloc(0), expected: '' },
  { name: 'no characters', text: '', expected: '' },
]

for (const { name, text, expected } of rows) {
  t.test(`raw text: ${name}`, async t => t.equal(decode(text), expected))
}

t.test('headers are the same, whichever form a transport gives them', async t => {
  const raw = ['X-A', 'caf\xe9', 'Connection', 'x-b', 'X-B', '1', 'Set-Cookie', 'a=\xc3\xa9']
  t.strictSame(readResponseHeaders(raw), readResponseHeaders(raw.map(text => Buffer.from(text, 'latin1'))))
})
