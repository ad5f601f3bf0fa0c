import { constants, type ServerHttp2Stream } from 'node:http2'
import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import type { OutgoingRequest } from '../../../../lib/transport/transport.ts'
import { HEADERS, RST_STREAM } from '../../../helpers/http2-codec.ts'
import { startPeer } from './frames.ts'
import { ask, openConnections, send, startHttp2, startTwo, until } from './support.ts'

/** Answers with what it was asked. */
async function mirror (stream: ServerHttp2Stream, _headers: unknown, rawHeaders: string[]): Promise<void> {
  let trailers: string[] | null = null
  stream.on('trailers', (_fields: unknown, _flags: unknown, raw: string[]) => { trailers = raw })
  const body = await buffer(stream)
  stream.respond({ ':status': 200 })
  stream.end(JSON.stringify({ headers: rawHeaders, body: body.toString('latin1'), trailers }))
}

const heads: { name: string, headers: string[], expected: string[] }[] = [
  { name: 'Host as the authority', headers: ['Host', 'shop.test:8080'], expected: [':authority', 'shop.test:8080'] },
  { name: 'the first of two Hosts', headers: ['host', 'a', 'host', 'b'], expected: [':authority', 'a'] },
  { name: 'no Host as some authority', headers: [], expected: [':authority', 'localhost:80'] },
  { name: 'names in lower case', headers: ['host', 'a', 'X-Request-Id', '1'], expected: [':authority', 'a', 'x-request-id', '1'] },
  { name: 'repeated lines apart', headers: ['host', 'a', 'x', '1', 'X', '2', 'x', '3'], expected: [':authority', 'a', 'x', '1', 'x', '2', 'x', '3'] },
  { name: 'cookies apart', headers: ['host', 'a', 'cookie', 'a=1', 'cookie', 'b=2; c=3'], expected: [':authority', 'a', 'cookie', 'a=1', 'cookie', 'b=2; c=3'] },
  { name: 'a repeated line that node refuses, joined', headers: ['host', 'a', 'referer', '1', 'referer', '2', 'cookie', 'a=1', 'cookie', 'b=2', 'x', '1'], expected: [':authority', 'a', 'referer', '1, 2', 'cookie', 'a=1', 'cookie', 'b=2', 'x', '1'] },
  { name: 'TE: trailers', headers: ['host', 'a', 'TE', 'trailers, deflate;q=0.5', 'te', 'gzip'], expected: [':authority', 'a', 'te', 'trailers'] },
  { name: 'nothing of the connection', headers: ['host', 'a', 'connection', 'close', 'keep-alive', '5', 'transfer-encoding', 'chunked', 'upgrade', 'h2c', 'http2-settings', 'x', 'proxy-connection', 'x', 'te', 'gzip'], expected: [':authority', 'a'] },
  { name: 'bytes above 127', headers: ['host', 'a', 'x', 'caf\xe9'], expected: [':authority', 'a', 'x', 'caf\xe9'] },
  { name: 'a name that objects have', headers: ['host', 'a', '__proto__', '1', 'constructor', '2'], expected: [':authority', 'a', '__proto__', '1', 'constructor', '2'] },
]

t.test('the head of a request', async t => {
  const { origin } = await startHttp2(t, mirror)
  const connections = openConnections(t, origin)
  for (const { name, headers, expected } of heads) {
    t.test(`is sent with ${name}`, async t => {
      const { chunks } = await ask(connections, { method: 'DELETE', path: '/a?b=%20', headers })
      const sent = JSON.parse(Buffer.concat(chunks).toString()).headers as string[]
      t.strictSame(pairsOf(sent), pairsOf([':method', 'DELETE', ':path', '/a?b=%20', ':scheme', 'http', ...expected]))
    })
  }
})

/** Pseudo-headers come before the others, in an order that is node's. */
function pairsOf (list: string[]): string[] {
  const pairs = list.flatMap((name, index) => index % 2 === 0 ? [`${name}: ${list[index + 1]}`] : [])
  return [...pairs.filter(pair => pair.startsWith(':')).sort(), ...pairs.filter(pair => !pair.startsWith(':'))]
}

const bodies: {
  name: string
  request: Partial<OutgoingRequest>
  body: string
  trailers: string[] | null
  sent: number
}[] = [
  { name: 'none', request: {}, body: '', trailers: null, sent: 0 },
  {
    name: 'one piece',
    request: { body: Buffer.from('abc'), headers: ['host', 'a', 'content-length', '3'] },
    body: 'abc',
    trailers: null,
    sent: 1,
  },
  {
    name: 'a stream',
    request: { body: Readable.from([Buffer.from('a'), Buffer.from('bc')]) },
    body: 'abc',
    trailers: null,
    sent: 2,
  },
  {
    name: 'none, and trailers',
    request: { trailers: () => ['X-Sum', '1'] },
    body: '',
    trailers: ['x-sum', '1'],
    sent: 0,
  },
  {
    name: 'one piece, and trailers',
    request: { body: Buffer.from('abc'), trailers: () => ['X-Sum', '1', 'x', '2', 'x', '3', 'connection', 'x'] },
    body: 'abc',
    trailers: ['x-sum', '1', 'x', '2', 'x', '3'],
    sent: 1,
  },
  {
    name: 'a stream, and trailers',
    request: { body: Readable.from([Buffer.from('abc')]), trailers: () => ['x-sum', '1'] },
    body: 'abc',
    trailers: ['x-sum', '1'],
    sent: 1,
  },
  {
    name: 'a stream, and trailers that there are none of',
    request: { body: Readable.from([Buffer.from('abc')]), trailers: () => [] },
    body: 'abc',
    trailers: null,
    sent: 1,
  },
]

t.test('the body of a request', async t => {
  const { origin } = await startHttp2(t, mirror)
  const connections = openConnections(t, origin)
  for (const { name, request, ...expected } of bodies) {
    t.test(`is sent: ${name}`, async t => {
      const recorder = await ask(connections, { method: 'POST', ...request })
      const { body, trailers } = JSON.parse(recorder.body)
      t.strictSame({ body, trailers, sent: recorder.sent }, expected)
    })
  }
})

t.test('a request without a body ends with its head', async t => {
  const { origin, peers } = await startPeer(t, ({ type, stream }, peer) => {
    if (type === HEADERS) peer.head(stream, { end: true })
  })
  await ask(openConnections(t, origin), {})
  const head = peers[0]!.frames.find(({ type }) => type === HEADERS)!
  t.equal(head.flags & 1, 1)
})

t.test('an answer arrives in order: head, data, trailers', async t => {
  const { origin } = await startHttp2(t, stream => {
    stream.respond({ ':status': 201, x: 'caf\u00e9', 'set-cookie': ['a=1', 'b=2'] }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', x: ['1', '2'] }))
    stream.end('body')
  })
  const recorder = await ask(openConnections(t, origin))
  t.strictSame(recorder.events, ['connect', 'head 201', 'data', 'complete'])
  t.match(recorder.headers.slice(0, 6), ['x', 'caf\u00e9', 'set-cookie', 'a=1', 'set-cookie', 'b=2'])
  t.notOk(recorder.headers.some(name => name.startsWith(':')))
  t.equal(recorder.body, 'body')
  t.strictSame(recorder.trailers, ['grpc-status', '0', 'x', '1', 'x', '2'])
})

const plain: { name: string, method?: string, answer: (stream: ServerHttp2Stream) => void, events: string[] }[] = [
  { name: 'nothing but a head', answer: stream => stream.respond({ ':status': 200, 'grpc-status': '12' }, { endStream: true }), events: ['connect', 'head 200', 'complete'] },
  { name: 'a 204', answer: stream => stream.respond({ ':status': 204 }, { endStream: true }), events: ['connect', 'head 204', 'complete'] },
  { name: 'a 304 with a length', answer: stream => stream.respond({ ':status': 304, 'content-length': 5 }, { endStream: true }), events: ['connect', 'head 304', 'complete'] },
  { name: 'the head of a HEAD', method: 'HEAD', answer: stream => stream.respond({ ':status': 200, 'content-length': 5 }, { endStream: true }), events: ['connect', 'head 200', 'complete'] },
  { name: 'an end in a frame of its own', answer: stream => { stream.respond({ ':status': 200 }); stream.end() }, events: ['connect', 'head 200', 'complete'] },
  { name: 'a 421', answer: stream => { stream.respond({ ':status': 421 }); stream.end() }, events: ['connect', 'head 421', 'complete'] },
  { name: '100 and 103 before it', answer: stream => { stream.additionalHeaders({ ':status': 100 }); stream.additionalHeaders({ ':status': 103, link: '</a>' }); stream.respond({ ':status': 200 }); stream.end() }, events: ['connect', 'head 103', 'head 200', 'complete'] },
]

for (const { name, method = 'GET', answer, events } of plain) {
  t.test(`an answer may be: ${name}`, async t => {
    const { origin } = await startHttp2(t, answer)
    const recorder = await ask(openConnections(t, origin), { method })
    t.strictSame(recorder.events, events)
    t.equal(recorder.trailers, null)
    t.equal(recorder.body, '')
  })
}

t.test('an interim answer has its fields', async t => {
  const { origin } = await startHttp2(t, stream => {
    stream.additionalHeaders({ ':status': 103, link: '</a>' })
    stream.respond({ ':status': 200 })
    stream.end()
  })
  const recorder = await ask(openConnections(t, origin))
  t.strictSame(recorder.heads[0], { statusCode: 103, headers: ['link', '</a>'] })
  recorder.resume()
})

// A frame sequence by hand: what of it may look like a whole answer.
const broken: { name: string, code: number }[] = [
  { name: 'NO_ERROR', code: constants.NGHTTP2_NO_ERROR },
  { name: 'CANCEL', code: constants.NGHTTP2_CANCEL },
  { name: 'INTERNAL_ERROR', code: constants.NGHTTP2_INTERNAL_ERROR },
  { name: 'REFUSED_STREAM', code: constants.NGHTTP2_REFUSED_STREAM },
]

for (const { name, code } of broken) {
  t.test(`a stream that is reset with ${name} in the middle of its answer is never a whole answer`, async t => {
    const { origin } = await startPeer(t, ({ type, stream }, peer) => { if (type === HEADERS) peer.head(stream).data(stream, 'half').reset(stream, code) })
    const recorder = await ask(openConnections(t, origin))
    t.equal(recorder.events.at(-1), 'error')
    t.notOk(recorder.events.includes('complete'))
  })

  t.test(`a stream that is reset with ${name} before its answer is an error`, async t => {
    const { origin } = await startPeer(t, ({ type, stream }, peer) => {
      if (type === HEADERS) peer.reset(stream, code)
    })
    t.strictSame((await ask(openConnections(t, origin))).events, ['connect', 'error'])
  })
}

t.test('a stream that is reset behind an interim answer is an error', async t => {
  const { origin } = await startPeer(t, ({ type, stream }, peer) => { if (type === HEADERS) peer.head(stream, { status: '103' }).reset(stream, 8) })
  t.strictSame((await ask(openConnections(t, origin))).events, ['connect', 'head 103', 'error'])
})

t.test('an answer with trailers is whole only with them', async t => {
  const { origin } = await startPeer(t, ({ type, stream }, peer) => {
    if (type === HEADERS) peer.head(stream).data(stream, 'x').trailers(stream, ['grpc-status', '5'])
  })
  const recorder = await ask(openConnections(t, origin))
  t.strictSame(recorder.events, ['connect', 'head 200', 'data', 'complete'])
  t.strictSame(recorder.trailers, ['grpc-status', '5'])
})

t.test('an answer that is shorter than its content-length is no answer', async t => {
  const { origin } = await startPeer(t, ({ type, stream }, peer) => {
    if (type === HEADERS) peer.head(stream, { fields: ['content-length', '5'] }).data(stream, 'x', { end: true })
  })
  const recorder = await ask(openConnections(t, origin))
  t.match(recorder.error, { code: 'ERR_UPSTREAM_PROTOCOL' })
})

t.test('an answer before the upload has ended is whole, and the rest is not sent', async t => {
  const { origin, streams } = await startHttp2(t, stream => {
    stream.respond({ ':status': 413 })
    stream.end('too long')
  })
  const body = new PassThrough()
  body.write('a')
  const connections = openConnections(t, origin)
  const recorder = await ask(connections, { method: 'POST', body })
  t.strictSame(recorder.events, ['connect', 'head 413', 'data', 'complete'])
  t.ok(body.destroyed)
  t.equal(body.errored, null)
  await until(() => streams[0]!.destroyed)
  t.equal((await ask(connections)).statusCode, 413, 'the session goes on')
})

t.test('an answer that ends with RST_STREAM NO_ERROR while the upload goes on is whole', async t => {
  const { origin } = await startPeer(t, ({ type, stream }, peer) => {
    if (type === HEADERS) peer.head(stream, { status: '413' }).data(stream, 'x', { end: true }).reset(stream, 0)
  })
  const body = new PassThrough()
  body.write('a')
  const recorder = await ask(openConnections(t, origin), { method: 'POST', body })
  t.strictSame(recorder.events, ['connect', 'head 413', 'data', 'complete'])
  t.ok(body.destroyed)
})

t.test('an early answer ends a body in one piece that has not been taken', async t => {
  const { origin, peers } = await startPeer(t, ({ type, stream }, peer) => {
    if (type === HEADERS) peer.head(stream, { status: '413', end: true })
  })
  const recorder = await ask(openConnections(t, origin), { method: 'POST', body: Buffer.alloc(200_000) })
  t.equal(recorder.statusCode, 413)
  await until(() => peers[0]!.frames.some(({ type }) => type === RST_STREAM))
})

t.test('what is sent while the answer comes is answered while it is sent', async t => {
  const { origin } = await startHttp2(t, stream => {
    stream.respond({ ':status': 200 })
    stream.pipe(stream)
  })
  const body = new PassThrough()
  const recorder = send(openConnections(t, origin), { method: 'POST', body })
  for (const word of ['one', 'two', 'three']) {
    body.write(word)
    await until(() => recorder.body.endsWith(word))
  }
  t.strictSame(recorder.events, ['connect', 'head 200', 'data'])
  body.end()
  await recorder.done
  t.equal(recorder.body, 'onetwothree')
})

t.test('an upload stops where nobody takes it', async t => {
  const { origin, streams } = await startHttp2(t, () => {})
  let given = 0
  const body = new Readable({
    read () {
      given += 65536
      this.push(Buffer.alloc(65536))
    },
  })
  const recorder = send(openConnections(t, origin), { method: 'POST', body })
  await until(() => streams.length > 0)
  await setTimeout(100)
  const before = given
  await setTimeout(100)
  t.equal(given, before)
  t.ok(given < 1_000_000, `${given} bytes`)
  streams[0]!.resume()
  await until(() => given > 2_000_000)
  recorder.abort()
  await recorder.done
})

t.test('an answer that is not taken stops, and comes whole when it is taken again', async t => {
  let given = 0
  const { origin } = await startHttp2(t, stream => {
    stream.respond({ ':status': 200 })
    new Readable({
      read () {
        given += 65536
        this.push(given > 8_000_000 ? null : Buffer.alloc(65536))
      },
    }).pipe(stream)
  })
  let isSlow = true
  const recorder = send(openConnections(t, origin), {}, { onData: () => !isSlow })
  await until(() => recorder.length > 0)
  await setTimeout(200)
  t.ok(given < 1_500_000, `${given} bytes`)
  const taken = recorder.length
  await setTimeout(50)
  t.equal(recorder.length, taken)
  isSlow = false
  recorder.resume()
  await recorder.done
  t.equal(recorder.length, 122 * 65536)
})

t.test('a head that is not followed yet may be enough', async t => {
  const { origin } = await startHttp2(t, stream => {
    stream.respond({ ':status': 200 })
    stream.write('a')
  })
  const recorder = send(openConnections(t, origin), {}, { onHeaders: () => false })
  await until(() => recorder.heads.length > 0)
  await setTimeout(20)
  t.equal(recorder.body, '')
  recorder.resume()
  recorder.resume()
  await until(() => recorder.body === 'a')
})

t.test('a whole answer outlives its session, however slowly it is taken', async t => {
  const { origin, peers } = await startPeer(t, ({ type, stream }, peer) => {
    if (type !== HEADERS) return
    peer.head(stream)
    for (let count = 0; count < 5; count++) peer.data(stream, `${count}`.repeat(1000))
    peer.data(stream, '', { end: true })
    peer.goaway(stream, 0)
    peer.socket.end()
  })
  const recorder = send(openConnections(t, origin), {}, { onData: () => false })
  await until(() => peers[0]?.socket.closed === true)
  await setTimeout(20)
  t.equal(recorder.length, 1000)
  while (!recorder.events.includes('complete')) {
    t.notOk(recorder.events.includes('error'))
    recorder.resume()
    await setTimeout(1)
  }
  t.equal(recorder.length, 5000)
})

t.test('a request that is aborted resets its stream and no other', async t => {
  const { sessions, streams, first, second } = await startTwo(t)
  const error = new Error('enough')
  first.abort(error)
  first.abort(new Error('again'))
  t.equal((await first.done).error, error)
  await until(() => streams[0]!.destroyed)
  t.equal(streams[0]!.rstCode, constants.NGHTTP2_CANCEL)
  t.notOk(streams[1]!.destroyed)
  streams[1]!.end('b')
  t.equal((await second.done).body, 'ab')
  t.equal(sessions.length, 1)
})

t.test('an aborted request takes nothing more, also of what had come', async t => {
  const { origin } = await startHttp2(t, stream => {
    stream.additionalHeaders({ ':status': 103 })
    stream.respond({ ':status': 200 })
    stream.end(Buffer.alloc(100_000))
  })
  const connections = openConnections(t, origin)
  const early = send(connections, {}, { onHeaders: () => { early.abort(); return true } })
  t.strictSame((await early.done).events, ['connect', 'head 103', 'error'])
  const late = send(connections, {}, { onData: () => { late.abort(); return true } })
  await late.done
  await setTimeout(50)
  t.equal(late.events.at(-1), 'error')
  t.ok(late.length < 100_000)
  late.resume()
})

t.test('an aborted upload is told no more of', async t => {
  const { origin } = await startHttp2(t, stream => stream.resume())
  for (const body of [Buffer.from('a'), Readable.from([Buffer.from('a')])]) {
    const recorder = send(openConnections(t, origin), { method: 'POST', body }, { onBodySent: () => recorder.abort(new Error('enough')) })
    t.match((await recorder.done).error, { message: 'enough' })
    t.equal(recorder.sent, 1)
  }
})

t.test('an abort while the request is written leaves nothing to be told', async t => {
  const { origin } = await startHttp2(t, () => {})
  for (const body of [Buffer.alloc(10), Readable.from([Buffer.alloc(10)])]) {
    const recorder = send(openConnections(t, origin), { method: 'POST', body })
    await until(() => recorder.events.includes('connect'))
    // Its pieces are on their way now, and node tells of them later.
    await new Promise(resolve => { setImmediate(resolve) })
    recorder.abort()
    await recorder.done
    await setTimeout(20)
    t.strictSame(recorder.events, ['connect', 'error'])
  }
})

t.test('a request that is aborted before it is sent is not sent', async t => {
  const { origin, streams } = await startHttp2(t, stream => { stream.respond({ ':status': 200 }); stream.end() })
  const connections = openConnections(t, origin)
  const recorder = send(connections, {}, { onConnect: abort => abort() })
  t.match((await recorder.done).error, { message: 'The request was aborted' })
  await ask(connections)
  t.equal(streams.length, 1)
})

t.test('a client that breaks its upload off ends the request, and the upstream is told', async t => {
  const { origin, streams } = await startHttp2(t, stream => stream.resume())
  const body = new PassThrough()
  body.write('a')
  const recorder = send(openConnections(t, origin), { method: 'POST', body })
  await until(() => streams.length > 0)
  const error = new Error('gone')
  body.destroy(error)
  t.equal((await recorder.done).error, error)
  await until(() => streams[0]!.destroyed)
  t.equal(streams[0]!.rstCode, constants.NGHTTP2_CANCEL)
})

t.test('a body that was over before it was sent is what it was', async t => {
  const { origin } = await startHttp2(t, mirror)
  const ended = Readable.from([])
  await buffer(ended)
  const connections = openConnections(t, origin)
  t.equal((await ask(connections, { method: 'POST', body: ended })).statusCode, 200)
  const destroyed = new PassThrough().destroy()
  t.match((await ask(connections, { method: 'POST', body: destroyed })).error, { code: 'ERR_STREAM_PREMATURE_CLOSE' })
  const errored = new PassThrough().on('error', () => {}).destroy(new Error('broken'))
  t.match((await ask(connections, { method: 'POST', body: errored })).error, { message: 'broken' })
})

const throwing = ['onConnect', 'onBodySent', 'onHeaders', 'onData', 'onComplete'] as const

for (const event of throwing) {
  t.test(`what a handler throws in ${event} ends its request with that error, and no other`, async t => {
    const { origin } = await startHttp2(t, stream => {
      stream.respond({ ':status': 200 })
      stream.end('a')
      stream.resume()
    })
    const connections = openConnections(t, origin)
    const error = new Error('thrown')
    const recorder = await ask(connections, { method: 'POST', body: Buffer.from('x') }, { [event]: () => { throw error } })
    if (event !== 'onComplete') t.equal(recorder.error, error)
    else t.strictSame(recorder.events.slice(-2), ['complete', 'error'])
    t.equal((await ask(connections)).body, 'a')
  })
}

t.test('what throws while trailers are asked for ends the request', async t => {
  const { origin } = await startHttp2(t, stream => stream.resume())
  const error = new Error('thrown')
  const recorder = await ask(openConnections(t, origin), { body: Buffer.from('x'), trailers: () => { throw error } })
  t.match(recorder.error, { code: 'ERR_UPSTREAM_UNSENDABLE', cause: error })
})

t.test('a request that cannot be written is nobody else\'s affair', async t => {
  const { origin, sessions } = await startHttp2(t, stream => { stream.respond({ ':status': 200 }); stream.end() })
  const connections = openConnections(t, origin)
  const recorder = await ask(connections, { method: 'CONNECT' })
  t.match(recorder.error, { code: 'ERR_UPSTREAM_UNSENDABLE' })
  t.equal((await ask(connections)).statusCode, 200)
  t.equal(sessions.length, 1)
})
