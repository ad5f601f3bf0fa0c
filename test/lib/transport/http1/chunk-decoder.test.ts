import t from 'tap'
import { ChunkDecoder } from '../../../../lib/transport/http1/chunk-decoder.ts'
import { bytesOf, PROTOCOL_ERROR } from './reading.ts'

/** What of a text are data, and what of it is left behind the last chunk's line. */
function decode (text: string): { data: string, rest: string, isComplete: boolean } {
  const decoder = new ChunkDecoder()
  decoder.begin()
  const bytes = bytesOf(`xx${text}`)
  const end = decoder.decode(bytes, 2, bytes.length)
  return { data: bytes.toString('latin1', 2, decoder.dataEnd), rest: bytes.toString('latin1', end), isComplete: decoder.isComplete }
}

const whole: [name: string, text: string, data: string][] = [
  ['one chunk', '4\r\nbody\r\n0\r\n', 'body'],
  ['several', '1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n0\r\n', 'abcdef'],
  ['none', '0\r\n', ''],
  ['hexadecimal sizes', `1f\r\n${'x'.repeat(31)}\r\n0A\r\n${'y'.repeat(10)}\r\n0\r\n`, 'x'.repeat(31) + 'y'.repeat(10)],
  ['leading zeros', '0000000000000000004\r\nbody\r\n000\r\n', 'body'],
  ['extensions', '4;a=b;c="d;\t\xe9"\r\nbody\r\n0;x\r\n', 'body'],
  ['data like chunks', '5\r\n0\r\n\r\n\r\n0\r\n', '0\r\n\r\n'],
]

for (const [name, text, data] of whole) {
  t.test(`chunks are taken apart: ${name}`, async t => {
    t.strictSame(decode(`${text}\r\nrest`), { data, rest: '\r\nrest', isComplete: true })
    for (let length = 0; length < text.length; length++) {
      const part = decode(text.slice(0, length))
      t.ok(!part.isComplete && data.startsWith(part.data) && part.rest === '', `not over at ${length}`)
    }
  })
}

t.test('chunks are the same byte by byte', async t => {
  for (const [name, text, data] of whole) {
    const decoder = new ChunkDecoder()
    decoder.begin()
    let got = ''
    for (const byte of bytesOf(text)) {
      const memory = Buffer.from([byte])
      decoder.decode(memory, 0, 1)
      got += memory.toString('latin1', 0, decoder.dataEnd)
    }
    t.strictSame([got, decoder.isComplete], [data, true], name)
  }
})

const refused: [name: string, text: string][] = [
  ['no size', '\r\n'],
  ['no size but an extension', ';a\r\n'],
  ['no hexadecimal digit', 'xyz'],
  ['a sign', '+4'],
  ['a negative size', '-1'],
  ['a prefix', '0x4'],
  ['a space before the size', ' 4'],
  ['a space behind the size', '4 \r\n'],
  ['a bare line feed behind the size', '4\n'],
  ['a bare carriage return behind the size', '4\rb'],
  ['a bare line feed behind an extension', '4;a\n'],
  ['a zero byte in an extension', '4;\0'],
  ['a size beyond 2 ** 53', '20000000000000\r\n'],
  ['a size beyond 64 bits', 'fffffffffffffffff\r\n'],
  ['a chunk longer than its size', '3\r\nbody'],
  ['a chunk that ends with a line feed', '4\r\nbody\n'],
  ['a chunk that ends with a carriage return', '4\r\nbody\rx'],
  ['a size of many zeros', '0'.repeat(1025)],
  ['an extension that is long', `4;${'a'.repeat(1023)}`],
]

for (const [name, text] of refused) {
  t.test(`what is no chunk is refused at once: ${name}`, async t => {
    t.throws(() => decode(text), PROTOCOL_ERROR)
  })
}

t.test('an extension may be as long as signatures are', async t => {
  t.equal(decode(`4;${'a'.repeat(1000)}\r\nbody`).data, 'body')
})
