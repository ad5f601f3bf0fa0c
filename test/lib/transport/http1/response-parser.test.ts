import t from 'tap'
import { ResponseParser } from '../../../../lib/transport/http1/response-parser.ts'
import { INTERIM_LIMIT } from '../../../../lib/transport/transport.ts'
import { bytesOf, createRecorder, GET, PROTOCOL_ERROR, read } from './reading.ts'

const OK = 'HTTP/1.1 200 OK\r\n'
const HEAD = { method: 'HEAD', upgrade: null }

const whole: {
  name: string
  text: string
  context?: typeof GET
  status?: number
  body?: string
  trailers?: string[]
}[] = [
  { name: 'with a length', text: `${OK}Content-Length: 4\r\n\r\nbody`, body: 'body' },
  { name: 'with a length of 0', text: `${OK}Content-Length: 0\r\n\r\n` },
  { name: 'in chunks', text: `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n`, body: 'body' },
  {
    name: 'with trailers',
    text: `${OK}Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nX-Sum: 1\r\na: b\r\n\r\n`,
    body: 'body',
    trailers: ['X-Sum', '1', 'a', 'b'],
  },
  { name: 'to HEAD, with a length', text: `${OK}Content-Length: 4\r\n\r\n`, context: HEAD },
  { name: 'to HEAD, in chunks', text: `${OK}Transfer-Encoding: chunked\r\n\r\n`, context: HEAD },
  { name: 'to HEAD, with nothing', text: `${OK}\r\n`, context: HEAD },
  { name: 'of 204', text: 'HTTP/1.1 204 No Content\r\n\r\n', status: 204 },
  { name: 'of 304 with a length', text: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n', status: 304 },
]

for (const { name, text, context = GET, status = 200, body = '', trailers = null } of whole) {
  t.test(`an answer is complete without the end of its connection: ${name}`, async t => {
    const reading = read(text, context, false)
    t.match(reading, { body, ends: 1, error: undefined })
    t.strictSame([reading.heads.map(([statusCode]) => statusCode), reading.trailers], [[status], trailers])
  })

  t.test(`bytes behind a complete answer are no part of it: ${name}`, async t => {
    for (const extra of ['\r\n', 'x', `${OK}Content-Length: 4\r\n\r\nevil`]) {
      const reading = read(text + extra, context, false)
      t.match(reading, { body, ends: 1, error: PROTOCOL_ERROR })
      t.equal(reading.heads.length, 1)
    }
  })
}

t.test('an answer without a length ends with its connection', async t => {
  for (const head of [OK, 'HTTP/1.0 200 OK\r\n', `${OK}Connection: close\r\n`]) {
    t.match(read(`${head}\r\nbody`, GET, false), { body: 'body', ends: 0, error: undefined })
    t.match(read(`${head}\r\nbody`), { body: 'body', ends: 1, trailers: null, error: undefined })
  }
})

t.test('interim answers come before the real one, and 100 says nothing', async t => {
  const interim = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 100\r\nContent-Length: 7\r\n\r\nHTTP/1.1 199 Odd\r\nContent-Length: 7\r\n\r\n'
  const reading = read(`${interim}${OK}Content-Length: 4\r\n\r\nbody`, GET, false)
  t.strictSame(reading.heads, [[103, 'Early Hints', ['Link', '<a>']], [199, 'Odd', ['Content-Length', '7']], [200, 'OK', ['Content-Length', '4']]])
  t.match(reading, { body: 'body', ends: 1 })
})

t.test('there are 1,000 interim answers at most, for each request', async t => {
  const { reading, listener } = createRecorder()
  const parser = new ResponseParser()
  for (let i = 0; i < 2; i++) {
    parser.begin(GET, listener)
    const bytes = bytesOf(`${'HTTP/1.1 100 Continue\r\n\r\n'.repeat(INTERIM_LIMIT)}${OK}Content-Length: 0\r\n\r\n`)
    parser.read(bytes, bytes.length)
  }
  t.equal(reading.ends, 2)
  t.match(read(`${'HTTP/1.1 103 Hints\r\n\r\n'.repeat(INTERIM_LIMIT + 1)}`), { error: PROTOCOL_ERROR })
})

t.test('a switch of protocols is one only for who has asked for it', async t => {
  const text = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n\x00\xff'
  t.match(read(text), { error: PROTOCOL_ERROR, rest: undefined, heads: [] })
  t.match(read(text, { method: 'GET', upgrade: 'x' }), { error: undefined, rest: '\x00\xff', ends: 0, heads: [[101, '', ['Upgrade', 'x']]] })
})

const cutOff = [
  { name: 'before the head', text: '' },
  { name: 'in the head', text: 'HTTP/1.1 200 OK\r\nCont' },
  { name: 'behind an interim answer', text: 'HTTP/1.1 103 Early Hints\r\n\r\n' },
  { name: 'before the body', text: `${OK}Content-Length: 4\r\n\r\n` },
  { name: 'in the body', text: `${OK}Content-Length: 4\r\n\r\nbod` },
  { name: 'before the chunks', text: `${OK}Transfer-Encoding: chunked\r\n\r\n` },
  { name: 'in a chunk', text: `${OK}Transfer-Encoding: chunked\r\n\r\n4\r\nbo` },
  { name: 'before the last chunk', text: `${OK}Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n` },
  { name: 'before the trailers', text: `${OK}Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n` },
  { name: 'in the trailers', text: `${OK}Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nA: b\r\n` },
]

for (const { name, text } of cutOff) {
  t.test(`an answer that ends too early is not complete: ${name}`, async t => {
    t.match(read(text), { ends: 0, error: { message: 'cut off' } })
  })
}

t.test('a thousand small chunks in one read are one piece of the body', async t => {
  const pieces: string[] = []
  const { listener } = createRecorder()
  const parser = new ResponseParser()
  parser.begin(GET, { ...listener, onBody: chunk => pieces.push(chunk.toString()) })
  const bytes = bytesOf(`${OK}Transfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(1000)}0\r\n\r\n`)
  parser.read(bytes, bytes.length)
  t.strictSame(pieces, ['x'.repeat(1000)])
})

t.test('a parser that is stopped takes no notice of the rest, wherever that happens', async t => {
  for (const text of [`${OK}Content-Length: 4\r\n\r\nbody`, `${OK}Content-Length: 0\r\n\r\n`, `${OK}Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n`, 'HTTP/1.1 103 Hints\r\n\r\n']) {
    for (const event of ['onHead', 'onBody'] as const) {
      const { reading, listener } = createRecorder()
      const parser = new ResponseParser()
      parser.begin(GET, { ...listener, [event]: () => parser.stop() })
      const bytes = bytesOf(`${text}evil`)
      if (event === 'onBody' && !text.includes('body')) continue
      parser.read(bytes, bytes.length)
      t.match(reading, { ends: 0, body: '' }, `${event} of ${JSON.stringify(text)}`)
    }
  }
})

t.test('what its listener throws goes through', async t => {
  const { listener } = createRecorder()
  const parser = new ResponseParser()
  parser.begin(GET, { ...listener, onHead () { throw new RangeError('x') } })
  const bytes = bytesOf(`${OK}\r\n`)
  t.throws(() => parser.read(bytes, bytes.length), RangeError)
})

t.test('bytes that nobody has asked for are refused', async t => {
  const parser = new ResponseParser()
  t.throws(() => parser.read(bytesOf('x'), 1), PROTOCOL_ERROR)
})
