import t from 'tap'
import { HeadParser, INCOMPLETE } from '../../../../lib/transport/http1/head-parser.ts'
import { bytesOf, PROTOCOL_ERROR } from './reading.ts'

/** Reads a head, or trailers, that begin at the third byte of its memory. */
function readHead (text: string, hasStatusLine = true): { parser: HeadParser, end: number } {
  const parser = new HeadParser()
  parser.begin(hasStatusLine)
  const bytes = bytesOf(`xx${text}`)
  return { parser, end: parser.read(bytes, 2, bytes.length) }
}

const OK = 'HTTP/1.1 200 OK\r\n'

const statusLines: [name: string, line: string, minorVersion: number, statusCode: number, statusText: string][] = [
  ['usual', 'HTTP/1.1 200 OK', 1, 200, 'OK'],
  ['of HTTP/1.0', 'HTTP/1.0 404 Not Found', 0, 404, 'Not Found'],
  ['without a reason', 'HTTP/1.1 200 ', 1, 200, ''],
  ['without the space before it', 'HTTP/1.1 200', 1, 200, ''],
  ['with a reason of odd bytes', 'HTTP/1.1 999 \t\xe9\xff x ', 1, 999, '\t\xe9\xff x '],
]

for (const [name, line, minorVersion, statusCode, statusText] of statusLines) {
  t.test(`a status line is read: ${name}`, async t => {
    const { parser, end } = readHead(`${line}\r\n\r\n`)
    t.equal(end, line.length + 6)
    t.match(parser, { minorVersion, statusCode, statusText, fields: [] })
  })
}

const fieldRows: [name: string, lines: string, fields: string[]][] = [
  ['usual', 'A: b\r\nCc: d d\r\n', ['A', 'b', 'Cc', 'd d']],
  ['without white space', 'a:b\r\n', ['a', 'b']],
  ['with white space around the value', 'a:\t  b \t\r\n', ['a', 'b']],
  ['with an empty value', 'a:\r\nb: \t\r\n', ['a', '', 'b', '']],
  ['repeated', 'a: 1\r\na: 2\r\nA: 3\r\n', ['a', '1', 'a', '2', 'A', '3']],
  ['of all bytes that are allowed', '!#$%&\'*+-.^_`|~09AZaz: \x21\t\x7e\x80\xff\r\n', ['!#$%&\'*+-.^_`|~09AZaz', '!\t~\x80\xff']],
  ['with colons in the value', 'a: :b:\r\n', ['a', ':b:']],
  ['that every object has', '__proto__: a\r\nconstructor: b\r\n', ['__proto__', 'a', 'constructor', 'b']],
]

for (const [name, lines, fields] of fieldRows) {
  t.test(`fields are read, as they came: ${name}`, async t => {
    t.strictSame(readHead(`${OK}${lines}\r\n`).parser.fields, fields, 'of a head')
    t.strictSame(readHead(`${lines}\r\n`, false).parser.fields, fields, 'of trailers')
  })
}

const refused: [name: string, text: string][] = [
  ['no HTTP', '220 mail'],
  ['a line end', '\r\n'],
  ['bytes', '\x16\x03\x01'],
  ['a small letter', 'Http'],
  ['another version', 'HTTP/2.0 '],
  ['another minor version', 'HTTP/1.2 '],
  ['a version of one number', 'HTTP/1 200'],
  ['two spaces', 'HTTP/1.1  200'],
  ['a tab', 'HTTP/1.1\t200'],
  ['two digits', 'HTTP/1.1 20 '],
  ['four digits', 'HTTP/1.1 2000'],
  ['letters', 'HTTP/1.1 abc'],
  ['a status below 100', 'HTTP/1.1 099'],
  ['a zero byte in the reason', 'HTTP/1.1 200 a\0'],
  ['a delete in the reason', 'HTTP/1.1 200 a\x7f'],
  ['a bare line feed behind the status line', 'HTTP/1.1 200 OK\n'],
  ['a bare line feed behind the status', 'HTTP/1.1 200\n'],
  ['a bare carriage return', 'HTTP/1.1 200 OK\rX'],
  ['a field without a colon', `${OK}Content-Length 2`],
  ['a field without a name', `${OK}: a`],
  ['a space before the colon', `${OK}A : b`],
  ['a tab before the colon', `${OK}A\t: b`],
  ['a space before the name', `${OK} A: b`],
  ['folding', `${OK}A: b\r\n c`],
  ['folding with a tab', `${OK}A: b\r\n\tc`],
  ['a byte above 127 in a name', `${OK}\xe9`],
  ['a zero byte in a name', `${OK}A\0`],
  ['a bracket in a name', `${OK}a[`],
  ['a zero byte in a value', `${OK}A: a\0`],
  ['a control character in a value', `${OK}A: a\x01`],
  ['a delete in a value', `${OK}A: a\x7f`],
  ['a bare line feed in a value', `${OK}A: a\nB: b`],
  ['a bare carriage return in a value', `${OK}A: a\rB: b`],
  ['a bare carriage return before the end', `${OK}A: b\r\n\r\r`],
  ['a bare line feed at the end', `${OK}A: b\r\n\n`],
]

for (const [name, text] of refused) {
  t.test(`a head is refused as soon as it cannot be one: ${name}`, async t => {
    t.throws(() => readHead(text), PROTOCOL_ERROR)
  })
}

t.test('a head that is not complete is waited for', async t => {
  const whole = `${OK}A: b\r\nC: d\r\n\r\n`
  for (let length = 0; length < whole.length; length++) {
    t.equal(readHead(whole.slice(0, length)).end, INCOMPLETE, JSON.stringify(whole.slice(0, length)))
  }
})

t.test('a head is the same however it is cut', async t => {
  const bytes = bytesOf(`${OK}A: b\r\nCc:  dd \r\n\r\nrest`)
  const parser = new HeadParser()
  for (let first = 0; first <= bytes.length; first++) {
    parser.begin(true)
    let end = parser.read(bytes, 0, first)
    if (end === INCOMPLETE) end = parser.read(bytes, first, bytes.length)
    t.equal(bytes.toString('latin1', end), 'rest', `at ${first}`)
    t.strictSame([parser.statusText, parser.fields], ['OK', ['A', 'b', 'Cc', 'dd']], `at ${first}`)
  }
})

const LIMIT = 16 * 1024
const headOf = (size: number) => `${OK}A: ${'x'.repeat(size - OK.length - 7)}\r\n\r\n`

t.test('a head may have 16 KiB, whoever cuts it', async t => {
  for (const cut of [0, 1, 5000, LIMIT - 1]) {
    for (const [size, isTaken] of [[LIMIT, true], [LIMIT + 1, false], [LIMIT + 5000, false]] as const) {
      const bytes = bytesOf(headOf(size) + 'x'.repeat(100_000))
      const parser = new HeadParser()
      parser.begin(true)
      const readBoth = () => parser.read(bytes, 0, cut) === INCOMPLETE && parser.read(bytes, cut, bytes.length)
      if (isTaken) t.equal(readBoth(), LIMIT)
      else t.throws(readBoth, PROTOCOL_ERROR)
    }
  }
})

t.test('a head that never ends is refused at the limit', async t => {
  const parser = new HeadParser()
  parser.begin(true)
  const head = bytesOf(`${OK}A: ${'x'.repeat(LIMIT)}`)
  t.equal(parser.read(head, 0, LIMIT), INCOMPLETE)
  t.throws(() => parser.read(head, LIMIT, LIMIT + 1), PROTOCOL_ERROR)
})

t.test('a head may have a thousand fields', async t => {
  t.equal(readHead(`${OK}${'a:\r\n'.repeat(1000)}\r\n`).parser.fields.length, 2000)
  t.throws(() => readHead(`${OK}${'a:\r\n'.repeat(1001)}\r\n`), PROTOCOL_ERROR)
})
