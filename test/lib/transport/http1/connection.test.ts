import { once } from 'node:events'
import net, { type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { createTransport, send } from './exchange.ts'
import { PROTOCOL_ERROR } from './reading.ts'
import { answerOf, FINE, startUpstream } from './upstreams.ts'

const settle = () => setTimeout(30)
const OK = 'HTTP/1.1 200 OK\r\n'
const MB = 1024 * 1024

t.test('what was given up before its connection is refused there, and not written', async t => {
  const upstream = await startUpstream(t)
  const transport = createTransport(t, upstream.origin)
  const reason = new RangeError('gone')
  t.equal((await send(transport, {}, { onConnect: abort => abort(reason) }).over).error, reason)
  t.match(await send(transport, {}, { onConnect: abort => abort() }).over, { events: ['onConnect', 'onError'], error: { code: 'UND_ERR_ABORTED' } })
  t.match(await send(transport).over, { body: 'fine' })
  t.equal(upstream.received().match(/GET/g)?.length, 1)
})

t.test('aborting closes the connection, and is told at once', async t => {
  const upstream = await startUpstream(t, socket => socket.write(`${OK}Content-Length: 9\r\n\r\nhalf`))
  const transport = createTransport(t, upstream.origin)
  const sent = send(transport, {}, { onData: () => { queueMicrotask(() => sent.abort(new RangeError('x'))); return true } })
  t.match(await sent.over, { events: ['onConnect', 'onHeaders', 'onData', 'onError'], error: { message: 'x' } })
  if (!upstream.sockets[0]!.closed) await once(upstream.sockets[0]!, 'close')
})

for (const event of ['onHeaders', 'onData'] as const) {
  t.test(`aborting within ${event} ends it there`, async t => {
    const upstream = await startUpstream(t)
    const sent = send(createTransport(t, upstream.origin), {}, { [event]: () => { sent.abort(); return true } })
    await sent.over
    await settle()
    t.strictSame(sent.events, ['onConnect', 'onHeaders', ...event === 'onData' ? ['onData'] : [], 'onError'])
  })
}

t.test('aborting or resuming what is over does nothing to the next request of its connection', async t => {
  const upstream = await startUpstream(t, (socket, text) => { if (text.includes('/1')) socket.write(FINE) })
  const transport = createTransport(t, upstream.origin)
  const first = await send(transport, { path: '/1' }).over
  await settle()
  const second = send(transport, { path: '/2' }, { onHeaders: () => false })
  await upstream.until(/\/2/)
  first.abort()
  first.resume()
  second.resume()
  upstream.sockets[0]!.write(FINE)
  t.match(await second.over, { body: 'fine' })
  t.equal(upstream.sockets.length, 1)
})

for (const event of ['onConnect', 'onHeaders', 'onData', 'onComplete'] as const) {
  t.test(`what ${event} throws ends the request, and its connection`, async t => {
    const upstream = await startUpstream(t, (socket, _text, index) => socket.write(answerOf(String(index))))
    const transport = createTransport(t, upstream.origin)
    const sent = send(transport, {}, { [event] () { throw new RangeError('oops') } })
    await sent.over
    await settle()
    t.match(sent.error, { message: 'oops' })
    t.equal(sent.events.at(-1), 'onError')
    t.match(await send(transport).over, { body: '1' })
  })
}

t.test('what onBodySent throws ends the request', async t => {
  const upstream = await startUpstream(t, () => {})
  const sent = send(createTransport(t, upstream.origin), { method: 'POST', body: Buffer.from('a') }, { onBodySent () { throw new RangeError('oops') } })
  t.match(await sent.over, { events: ['onConnect', 'onBodySent', 'onError'], error: { message: 'oops' } })
})

for (const [name, event] of [['the head', 'onHeaders'], ['a piece of the body', 'onData']] as const) {
  t.test(`reading pauses behind ${name} until it is resumed`, async t => {
    const upstream = await startUpstream(t, socket => socket.write(`${OK}Content-Length: ${32 * MB}\r\n\r\n${'x'.repeat(32 * MB)}`))
    const sent = send(createTransport(t, upstream.origin), {}, { [event]: () => false })
    while (sent.events.length < 2) await settle()
    const size = () => sent.pieces.reduce((sum, each) => sum + each, 0)
    let last = -1
    while (last !== size()) {
      last = size()
      await settle()
    }
    t.ok(last < MB, `${last} bytes`)
    sent.resume()
    if (event === 'onData') while (sent.trailers === undefined) { sent.resume(); await setTimeout(0) }
    await sent.over
    t.equal(size(), 32 * MB)
  })
}

t.test('resuming at once goes on', async t => {
  const upstream = await startUpstream(t, socket => socket.write(`${OK}Content-Length: ${MB}\r\n\r\n${'x'.repeat(MB)}`))
  const sent = send(createTransport(t, upstream.origin), {}, { onData: () => { sent.resume(); return false } })
  setTimeout(50).then(() => sent.resume())
  while (sent.trailers === undefined) { sent.resume(); await setTimeout(1) }
  t.equal(sent.body.length, MB)
})

t.test('a connection whose answer ended while it was paused is used again, and its end is seen', async t => {
  const upstream = await startUpstream(t, (socket, _text, index) => socket.write(answerOf(String(index))))
  const transport = createTransport(t, upstream.origin)
  for (let i = 0; i < 2; i++) {
    t.match(await send(transport, {}, { onData: () => false }).over, { body: '0', error: undefined })
    await settle()
  }
  upstream.sockets[0]!.end()
  await settle()
  t.match(await send(transport).over, { body: '1' })
})

const broken: [name: string, answer: string, reset?: boolean][] = [
  ['before the head', ''],
  ['in the head', 'HTTP/1.1 2'],
  ['in a body with a length', `${OK}Content-Length: 9\r\n\r\nhalf`],
  ['in chunks', `${OK}Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n`],
  ['by a reset, in a body that ends with the connection', `${OK}\r\nhalf`, true],
]

for (const [name, answer, reset = false] of broken) {
  t.test(`an answer that breaks off is an error: ${name}`, async t => {
    const upstream = await startUpstream(t, async socket => {
      socket.write(answer)
      await settle()
      if (reset) socket.resetAndDestroy()
      else socket.end()
    })
    const { error, trailers } = await send(createTransport(t, upstream.origin)).over
    t.match(error, { code: reset ? 'ECONNRESET' : 'UND_ERR_SOCKET' })
    t.equal(trailers, undefined)
  })
}

t.test('an answer that its connection ends is complete with it', async t => {
  const upstream = await startUpstream(t, socket => socket.end(`${OK}\r\nall of it`))
  t.match(await send(createTransport(t, upstream.origin)).over, { body: 'all of it', trailers: null, error: undefined })
})

t.test('a connection that somebody closes is an error', async t => {
  const upstream = await startUpstream(t, () => {})
  let socket: Socket
  const transport = createTransport(t, (_take, _buffer, connected) => {
    socket = net.connect(Number(new URL(upstream.origin).port), '127.0.0.1', connected)
    return socket
  })
  const sent = send(transport)
  await upstream.until(/GET/)
  socket!.destroy()
  t.match(await sent.over, { error: { code: 'UND_ERR_SOCKET' } })
})

t.test('what is no answer is an error of the protocol', async t => {
  for (const answer of ['nonsense', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n', `${OK}Content-Length: 1\r\nContent-Length: 1\r\n\r\nx`]) {
    const upstream = await startUpstream(t, socket => socket.write(answer))
    t.match(await send(createTransport(t, upstream.origin)).over, { events: ['onConnect', 'onError'], error: PROTOCOL_ERROR })
  }
})

t.test('interim answers are handed on, but for 100', async t => {
  const upstream = await startUpstream(t, socket => socket.write(`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n${FINE}`))
  t.match(await send(createTransport(t, upstream.origin)).over, { statusCodes: [103, 200], rawHeaders: [['Link', '<a>'], ['Content-Length', '4']], body: 'fine' })
})

t.test('trailers are handed on', async t => {
  const upstream = await startUpstream(t, socket => socket.write(`${OK}Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nX-Sum: 1\r\n\r\n`))
  t.match(await send(createTransport(t, upstream.origin)).over, { body: 'body', trailers: ['X-Sum', '1'] })
})

const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\n\r\n'

/** Echoes what comes after the request, behind a greeting in the packet of the head. */
const echo = (socket: { write (text: string): unknown }, text: string) => { socket.write(text.includes('HTTP') ? `${SWITCH}hello,` : text) }

t.test('after a switch of protocols the connection is the receiver\'s, with what has come', async t => {
  const upstream = await startUpstream(t, echo)
  const transport = createTransport(t, upstream.origin)
  const sent = await send(transport, { upgrade: 'echo' }).over
  t.match(sent, { events: ['onConnect', 'onUpgrade'], statusCodes: [101], rawHeaders: [['Upgrade', 'echo']] })
  t.match(upstream.received(), /\r\nconnection: upgrade\r\nupgrade: echo\r\n/)
  const socket = sent.socket!
  t.teardown(() => socket.destroy())
  await settle()
  socket.write('world')
  const chunks: unknown[] = []
  socket.on('data', chunk => chunks.push(chunk))
  while (chunks.join('') !== 'hello,world') await once(socket, 'data')
  await transport.destroy()
  t.notOk(socket.destroyed, 'it is not the transport\'s any more')
  socket.end()
  await once(socket, 'close')
})

t.test('a receiver may listen to data or to readable', async t => {
  const upstream = await startUpstream(t, echo)
  const transport = createTransport(t, upstream.origin)
  for (const read of [
    async (socket: Duplex) => (await once(socket, 'data')).join(),
    async (socket: Duplex) => { await once(socket, 'readable'); return String(socket.read()) },
  ]) {
    const { socket } = await send(transport, { upgrade: 'echo' }).over
    t.equal(await read(socket!), 'hello,')
    socket!.destroy()
  }
})

t.test('an error of a connection that has been handed over does not end the process', async t => {
  const upstream = await startUpstream(t, (socket, text) => echo(socket, text))
  const { socket } = await send(createTransport(t, upstream.origin), { upgrade: 'echo' }).over
  upstream.sockets[0]!.resetAndDestroy()
  socket!.resume()
  if (!socket!.closed) await new Promise(resolve => socket!.once('close', resolve))
  t.match(socket!.errored, { code: 'ECONNRESET' })
})

t.test('what onUpgrade throws ends the request, and the connection', async t => {
  const upstream = await startUpstream(t, echo)
  const sent = send(createTransport(t, upstream.origin), { upgrade: 'echo' }, { onUpgrade () { throw new RangeError('oops') } })
  await sent.over
  await settle()
  t.match(sent, { events: ['onConnect', 'onUpgrade', 'onError'], error: { message: 'oops' } })
  t.ok(upstream.sockets[0]!.closed)
})

t.test('who is asked to switch may answer otherwise', async t => {
  const upstream = await startUpstream(t)
  t.match(await send(createTransport(t, upstream.origin), { upgrade: 'echo' }).over, { events: ['onConnect', 'onHeaders', 'onData', 'onComplete'], body: 'fine' })
  if (!upstream.sockets[0]!.closed) await once(upstream.sockets[0]!, 'close')
})
