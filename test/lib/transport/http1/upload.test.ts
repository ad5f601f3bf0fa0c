import { once } from 'node:events'
import type { Socket } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import type { OutgoingRequest } from '../../../../lib/transport/transport.ts'
import { startRawUpstream } from '../../../helpers/upstreams.ts'
import { createTransport, send } from './exchange.ts'
import { answerOf, FINE, startUpstream } from './upstreams.ts'

const settle = () => setTimeout(30)
const headOf = (method: string, lines: string, connection = 'keep-alive') => `${method} / HTTP/1.1\r\nhost: upstream.test\r\nconnection: ${connection}\r\n${lines}\r\n`

/** A body in pieces. */
const pieces = (...parts: unknown[]) => Readable.from(parts, { objectMode: true })
const lengthOf = (length: number) => ['host', 'upstream.test', 'Content-Length', String(length)]

const rows: [name: string, request: Partial<OutgoingRequest>, bytes: string][] = [
  ['GET', {}, headOf('GET', '')],
  ['GET with the length of a body that it does not have', { headers: lengthOf(5) }, headOf('GET', '')],
  ['HEAD', { method: 'HEAD' }, headOf('HEAD', '', 'close')],
  ['POST without a body', { method: 'POST' }, headOf('POST', 'content-length: 0\r\n')],
  ['POST with an empty body', { method: 'POST', headers: lengthOf(0), body: Buffer.alloc(0) }, headOf('POST', 'content-length: 0\r\n')],
  ['POST with a body', { method: 'POST', headers: lengthOf(5), body: Buffer.from('whole') }, `${headOf('POST', 'content-length: 5\r\n')}whole`],
  ['POST with bytes', { method: 'POST', body: Buffer.from([0, 255]) }, `${headOf('POST', 'content-length: 2\r\n')}\0\xff`],
  ['POST with a large body', { method: 'POST', body: Buffer.alloc(100_000, 'x') }, `${headOf('POST', 'content-length: 100000\r\n')}${'x'.repeat(100_000)}`],
  ['DELETE with a body', { method: 'DELETE', body: Buffer.from('a') }, `${headOf('DELETE', 'content-length: 1\r\n', 'close')}a`],
  ['a stream with its length', { method: 'POST', headers: lengthOf(5), body: pieces('who', Buffer.from('le')) }, `${headOf('POST', 'content-length: 5\r\n')}whole`],
  ['a stream with the length 0', { method: 'POST', headers: lengthOf(0), body: pieces() }, headOf('POST', 'content-length: 0\r\n')],
  ['a stream without its length', { method: 'POST', body: pieces('who', '', 'le\xe9', 'x'.repeat(16)) }, `${headOf('POST', 'transfer-encoding: chunked\r\n')}3\r\nwho\r\n4\r\nle\xc3\xa9\r\n10\r\n${'x'.repeat(16)}\r\n0\r\n\r\n`],
  ['a stream of nothing', { method: 'POST', body: pieces() }, headOf('POST', 'content-length: 0\r\n')],
  ['a stream of nothing for DELETE', { method: 'DELETE', body: pieces() }, headOf('DELETE', '', 'close')],
  ['a stream with trailers', { method: 'POST', body: pieces('a'), trailers: () => ['X-Sum', '1'] }, `${headOf('POST', 'transfer-encoding: chunked\r\n')}1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n`],
  ['a stream of nothing with trailers', { method: 'POST', body: pieces(), trailers: () => ['X-Sum', '1'] }, `${headOf('POST', 'transfer-encoding: chunked\r\n')}0\r\nX-Sum: 1\r\n\r\n`],
  ['a stream with a length, which has no room for trailers', { method: 'POST', headers: lengthOf(1), body: pieces('a'), trailers: () => ['X-Sum', '1'] }, `${headOf('POST', 'content-length: 1\r\n')}a`],
]

for (const [name, request, bytes] of rows) {
  t.test(`a request is written: ${name}`, async t => {
    const upstream = await startUpstream(t, socket => {
      if (upstream.received().length >= bytes.length) socket.write(FINE)
    })
    const sent = send(createTransport(t, upstream.origin), request)
    await upstream.until(/\r\n\r\n/)
    while (upstream.received().length < bytes.length) await settle()
    t.equal(upstream.received(), bytes)
    if (request.method !== 'HEAD') t.match(await sent.over, { body: 'fine' })
    t.equal(sent.events.includes('onBodySent'), /\r\n\r\n(?!0).$/s.test(bytes.slice(0, bytes.indexOf('\r\n\r\n') + 5)))
  })
}

t.test('a connection is used again behind an upload', async t => {
  const upstream = await startUpstream(t, (socket, text, index) => {
    if (/0\r\n\r\n$|GET/.test(text)) socket.write(answerOf(String(index)))
  })
  const transport = createTransport(t, upstream.origin)
  t.equal((await send(transport, { method: 'POST', body: pieces('a') }).over).body, '0')
  await settle()
  t.equal((await send(transport).over).body, '0')
})

t.test('the head leaves with the first piece when that is here, and else without it', async t => {
  const upstream = await startUpstream(t, () => {})
  const transport = createTransport(t, upstream.origin)
  const body = new PassThrough()
  send(transport, { method: 'POST', body })
  await upstream.until(/chunked\r\n\r\n$/)
  body.write('late')
  await upstream.until(/4\r\nlate\r\n$/)
})

const failing: { name: string, request: () => Partial<OutgoingRequest>, code?: string, message?: string }[] = [
  { name: 'more than its length', request: () => ({ headers: lengthOf(5), body: pieces('who', 'les') }), code: 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH' },
  { name: 'less than its length', request: () => ({ headers: lengthOf(5), body: pieces('who') }), code: 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH' },
  { name: 'nothing of its length', request: () => ({ headers: lengthOf(5), body: pieces() }), code: 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH' },
  { name: 'a whole body of another length', request: () => ({ headers: lengthOf(5), body: Buffer.from('a') }), code: 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH' },
  { name: 'an empty body of another length', request: () => ({ headers: lengthOf(5), body: Buffer.alloc(0) }), code: 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH' },
  { name: 'what is not bytes', request: () => ({ body: pieces('a', 5) }), code: 'ERR_INVALID_ARG_TYPE' },
  { name: 'trailers that are none', request: () => ({ body: pieces('a'), trailers: () => ['x\r\n', 'y'] }), code: 'UND_ERR_INVALID_ARG' },
  { name: 'a stream that fails', request: () => ({ body: Readable.from((async function * () { yield 'a'; throw new RangeError('oops') })()) }), message: 'oops' },
  { name: 'a stream that has failed', request: () => ({ body: failed(new RangeError('oops')) }), message: 'oops' },
  { name: 'a stream that has been destroyed', request: () => ({ body: failed() }), code: 'UND_ERR_ABORTED' },
  { name: 'a stream that is destroyed', request: () => ({ body: destroyedLater() }), code: 'UND_ERR_ABORTED' },
]

function failed (error?: Error): Readable {
  return new Readable({ read () {} }).on('error', () => {}).destroy(error)
}

function destroyedLater (): Readable {
  const body = new PassThrough()
  body.write('a')
  setTimeout(30).then(() => body.destroy())
  return body
}

for (const { name, request, code, message } of failing) {
  t.test(`an upload that is not what it should be ends the request, and the connection: ${name}`, async t => {
    const upstream = await startUpstream(t, () => {})
    const sent = send(createTransport(t, upstream.origin), { method: 'POST', ...request() })
    const { error, events } = await sent.over
    t.equal(events.at(-1), 'onError')
    if (code !== undefined) t.equal(error!.code, code)
    if (message !== undefined) t.equal(error!.message, message)
    for (const socket of upstream.sockets) if (!socket.closed) await once(socket, 'close')
    t.notMatch(upstream.received(), /\r\n0\r\n\r\n$/, 'it does not look complete')
  })
}

t.test('a stream that has ended before is a body of nothing', async t => {
  const upstream = await startUpstream(t)
  const body = pieces('x')
  await body.toArray()
  t.match(await send(createTransport(t, upstream.origin), { method: 'POST', body }).over, { body: 'fine' })
  t.match(upstream.received(), /content-length: 0\r\n\r\n$/)
})

t.test('an upload stops when nobody takes it, and goes on', async t => {
  const SIZE = 32 * 1024 * 1024
  const accepted: Socket[] = []
  const origin = await startRawUpstream(t, socket => accepted.push(socket.pause()))
  let made = 0
  const body = new Readable({
    read (size) {
      made += size
      this.push(made > SIZE ? null : Buffer.alloc(size, 'x'))
    },
  })
  const sent = send(createTransport(t, origin), { method: 'POST', body })
  let last = -1
  while (last !== made || accepted.length === 0) {
    last = made
    await settle()
  }
  t.ok(made < SIZE / 2, `${made} bytes`)
  accepted[0]!.on('data', data => { if (data.subarray(-5).toString() === '0\r\n\r\n') accepted[0]!.write(FINE) }).resume()
  t.match(await sent.over, { body: 'fine' })
})

/** Never ends. */
const endless = () => new Readable({ read (size) { this.push(Buffer.alloc(size, 'x')) } })

const REFUSAL = 'HTTP/1.1 413 Payload Too Large\r\nConnection: close\r\nContent-Length: 5\r\n\r\nlarge'

for (const [name, refuse] of [
  ['and keeps its connection', socket => socket.write(REFUSAL.replace('close', 'keep-alive'))],
  ['and closes', socket => socket.end(REFUSAL)],
  ['and resets what still comes', socket => socket.write(REFUSAL, () => socket.destroy())],
] as [string, (socket: Socket) => void][]) {
  t.test(`an upstream that answers before the end of an upload ${name}: the answer is whole, and the upload stops`, async t => {
    for (let i = 0; i < 10; i++) {
      const upstream = await startUpstream(t, socket => {
        socket.removeAllListeners('data')
        refuse(socket)
      })
      const body = endless()
      t.match(await send(createTransport(t, upstream.origin), { method: 'POST', body }).over, { statusCodes: [413], body: 'large', error: undefined })
      t.ok(body.destroyed)
      if (!upstream.sockets[0]!.closed) await once(upstream.sockets[0]!.resume(), 'close')
    }
  })
}

t.test('bytes that come before a request has been written are no answer to it', async t => {
  const upstream = await startUpstream(t, socket => { if (upstream.received().includes('GET')) socket.write(FINE) })
  const transport = createTransport(t, upstream.origin)
  await send(transport).over
  await settle()
  const body = new PassThrough()
  const sent = send(transport, { method: 'POST', body }, { onConnect () { upstream.sockets[0]!.write(answerOf('evil')) } })
  const { error, statusCodes } = await sent.over
  // Which of the two is seen first is the kernel's affair; the upload is not over in either case.
  t.ok(error?.message === 'bytes that belong to no response' || statusCodes[0] === 200)
})

t.test('a switch of protocols in the middle of an upload is an error', async t => {
  const upstream = await startUpstream(t, socket => socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\n\r\n'))
  const { error, events } = await send(createTransport(t, upstream.origin), { method: 'POST', upgrade: 'echo', body: endless() }).over
  t.match(error, { code: 'ERR_UPSTREAM_PROTOCOL' })
  t.notOk(events.includes('onUpgrade'))
})

t.test('what onBodySent throws ends the upload', async t => {
  const upstream = await startUpstream(t, () => {})
  const body = endless()
  t.match(await send(createTransport(t, upstream.origin), { method: 'POST', body }, { onBodySent () { throw new RangeError('oops') } }).over, { error: { message: 'oops' } })
  t.ok(body.destroyed)
})
