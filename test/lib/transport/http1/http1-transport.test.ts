import { once } from 'node:events'
import net from 'node:net'
import { Readable } from 'node:stream'
import { setImmediate, setTimeout } from 'node:timers/promises'
import t from 'tap'
import { createClock } from '../../dispatch/fakes.ts'
import { createTransport, send } from './exchange.ts'
import { answerOf, FINE, startUpstream } from './upstreams.ts'

/** Answers with the number of its connection. */
const numbered = (socket: net.Socket, _text: string, index: number) => { socket.write(answerOf(String(index))) }

/** Long enough for what is on its way over the loopback to have come. */
const settle = () => setTimeout(30)

t.test('a connection is used again, the last one first', async t => {
  const upstream = await startUpstream(t, numbered)
  const transport = createTransport(t, upstream.origin)
  const first = [send(transport), send(transport), send(transport)]
  t.strictSame((await Promise.all(first.map(({ over }) => over))).map(({ body }) => body), ['0', '1', '2'])
  await settle()
  const last = send(transport)
  t.match((await last.over).body, /^[012]$/)
  await settle()
  for (let i = 0; i < 3; i++) {
    t.equal((await send(transport).over).body, last.body)
    await settle()
  }
  t.equal(upstream.sockets.length, 3)
})

t.test('what one read brings is told at once', async t => {
  const upstream = await startUpstream(t)
  let isOver = false
  const sent = send(createTransport(t, upstream.origin), {}, { onHeaders: () => { queueMicrotask(() => { isOver = sent.events.includes('onComplete') }); return true } })
  t.match(await sent.over, { events: ['onConnect', 'onHeaders', 'onData', 'onComplete'], statusCodes: [200], body: 'fine', pieces: [4], trailers: null })
  t.ok(isOver, 'before a microtask runs')
})

t.test('the end of the read that brought a head is told, unless that brought all of the answer', async t => {
  let asked = 0
  const upstream = await startUpstream(t, socket => {
    socket.write(++asked === 1 ? 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine' : 'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfi')
    if (asked > 1) setTimeout(20).then(() => socket.write('ne'), () => {})
  })
  const transport = createTransport(t, upstream.origin)
  for (const expected of [[], ['fi']]) {
    const reads: string[] = []
    const sent = send(transport, {}, { onRead: () => reads.push(sent.body) })
    t.equal((await sent.over).body, 'fine')
    t.strictSame(reads, expected)
  }
})

t.test('beyond the limit requests wait, and come in their order', async t => {
  let open = 0
  let most = 0
  const upstream = await startUpstream(t, async (socket, text) => {
    await setImmediate()
    socket.write(answerOf(/ \/(\d+) /.exec(text)![1]!))
  })
  const transport = createTransport(t, upstream.origin, { maxConnections: 3 })
  const order: string[] = []
  const all = Array.from({ length: 30 }, (_, i) => send(transport, { path: `/${i}` }, {
    onConnect () {
      most = Math.max(most, ++open)
      order.push(String(i))
    },
    onComplete () { open-- },
  }))
  const bodies = await Promise.all(all.map(async ({ over }) => (await over).body))
  t.strictSame(bodies, Array.from({ length: 30 }, (_, i) => String(i)))
  t.strictSame([order, most, upstream.sockets.length], [bodies, 3, 3])
})

t.test('a request that waits gets a connection also when another one breaks', async t => {
  const upstream = await startUpstream(t, (socket, _text, index) => index === 0 ? socket.destroy() : socket.write(FINE))
  const transport = createTransport(t, upstream.origin, { maxConnections: 1 })
  const [broken, fine] = [send(transport), send(transport)]
  t.match(await broken.over, { error: { code: 'UND_ERR_SOCKET' }, events: ['onConnect', 'onError'] })
  t.equal((await fine.over).body, 'fine')
})

const spoiled: [name: string, spoil: (socket: net.Socket) => void][] = [
  ['ends', socket => socket.end()],
  ['resets', socket => socket.resetAndDestroy()],
  ['sends what nobody asked for', socket => socket.write(answerOf('evil'))],
  ['sends a line end', socket => socket.write('\r\n')],
]

for (const [name, spoil] of spoiled) {
  t.test(`a kept connection whose other end ${name} is not used`, async t => {
    const upstream = await startUpstream(t, numbered)
    const transport = createTransport(t, upstream.origin)
    await send(transport).over
    await settle()
    spoil(upstream.sockets[0]!)
    await settle()
    t.match(await send(transport).over, { body: '1', error: undefined })
    t.ok(upstream.sockets[0]!.closed)
  })

  t.test(`a connection whose other end ${name} right behind its answer is not used`, async t => {
    const upstream = await startUpstream(t, (socket, _text, index) => {
      socket.write(answerOf(String(index)), () => spoil(socket))
    })
    const transport = createTransport(t, upstream.origin)
    for (let i = 0; i < 20; i++) {
      const { body, error } = await send(transport).over
      // A reset may take the answer with it.
      if (error === undefined) t.equal(body, String(i))
      else t.equal(error.code, 'ECONNRESET')
    }
  })
}

t.test('a turn of the event loop lies between two requests of a connection', async t => {
  const upstream = await startUpstream(t, numbered)
  const transport = createTransport(t, upstream.origin, { maxConnections: 1 })
  let turn = 0
  const turns: number[] = []
  const count = setInterval(() => {}, 1000)
  const tick = () => { turn++; if (turns.length < 3) globalThis.setImmediate(tick) }
  tick()
  const again = () => {
    turns.push(turn)
    if (turns.length < 3) send(transport, {}, { onConnect: () => turns.push(turn), onComplete: again })
  }
  send(transport, {}, { onComplete: again })
  while (turns.length < 3) await setTimeout(5)
  clearInterval(count)
  t.ok(turns[1]! > turns[0]!, turns.join())
})

t.test('an unused connection is closed after 1.5 s, or when the answer said, less 2 s', async t => {
  for (const [lines, kept] of [['', 1500], ['Keep-Alive: timeout=5\r\n', 3000]] as const) {
    const clock = createClock()
    const upstream = await startUpstream(t, socket => socket.write(answerOf('fine', lines)))
    const transport = createTransport(t, upstream.origin, {}, clock.now)
    await send(transport).over
    clock.advance(kept - 1)
    await setTimeout(400)
    t.notOk(upstream.sockets[0]!.closed, `after ${kept - 1} ms`)
    clock.advance(1)
    if (!upstream.sockets[0]!.closed) await once(upstream.sockets[0]!, 'close')
    t.pass(`after ${kept} ms`)
  }
})

t.test('a connection that has been unused for too long is not used when nobody has looked yet', async t => {
  const clock = createClock()
  const upstream = await startUpstream(t, numbered)
  const transport = createTransport(t, upstream.origin, {}, clock.now)
  await send(transport).over
  await setImmediate()
  await setImmediate()
  clock.advance(1500)
  t.equal((await send(transport).over).body, '1')
})

const closing: [name: string, answer: string, method?: string][] = [
  ['close', answerOf('x', 'Connection: close\r\n')],
  ['a time that is too short', answerOf('x', 'Keep-Alive: timeout=2\r\n')],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx'],
  ['an answer to HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n', 'HEAD'],
]

for (const [name, answer, method = 'GET'] of closing) {
  t.test(`a connection is closed behind ${name}`, async t => {
    const upstream = await startUpstream(t, socket => socket.write(answer))
    t.match(await send(createTransport(t, upstream.origin), { method }).over, { error: undefined })
    if (!upstream.sockets[0]!.closed) await once(upstream.sockets[0]!, 'close')
  })
}

t.test('a connection of its own is closed behind its one request, and does not count', async t => {
  const upstream = await startUpstream(t, (socket, text, index) => { if (text.includes('keep-alive')) socket.write(answerOf('kept')); else socket.write(answerOf(String(index))) })
  const transport = createTransport(t, upstream.origin, { maxConnections: 1 })
  await send(transport).over
  await settle()
  const [fresh, kept] = [send(transport, {}, {}, 'dispatchFresh'), send(transport)]
  t.equal((await fresh.over).body, '1')
  t.equal((await kept.over).body, 'kept')
  t.match(upstream.received(), /connection: keep-alive\r\n[^]*connection: close\r\n/)
  if (!upstream.sockets[1]!.closed) await once(upstream.sockets[1]!, 'close')
  t.equal(upstream.sockets.length, 2)
})

t.test('a connection that cannot be opened is an error, without a connection', async t => {
  for (const method of ['dispatch', 'dispatchFresh'] as const) {
    t.match(await send(createTransport(t, 'http://127.0.0.1:1'), {}, {}, method).over, { events: ['onError'], error: { code: 'ECONNREFUSED' } })
  }
})

t.test('a connection that is not open in time is given up', async t => {
  const clock = createClock()
  const transport = createTransport(t, () => new net.Socket(), { connectTimeout: 100 }, clock.now)
  const sent = send(transport)
  await setTimeout(50)
  t.strictSame(sent.events, [])
  clock.advance(100)
  // The socket is none that would keep the process.
  while (sent.events.length === 0) await setTimeout(5)
  t.match(sent, { events: ['onError'], error: { code: 'UND_ERR_CONNECT_TIMEOUT' } })
})

t.test('without a time to connect it is waited for', async t => {
  const clock = createClock()
  const transport = createTransport(t, () => new net.Socket(), { connectTimeout: 0 }, clock.now)
  const sent = send(transport)
  await setImmediate()
  clock.advance(1e9)
  await setTimeout(200)
  t.strictSame(sent.events, [])
})

t.test('closing waits for what is under way, and for what waits, and takes no more', async t => {
  const upstream = await startUpstream(t, () => {})
  const transport = createTransport(t, upstream.origin, { maxConnections: 1 })
  const [first, second] = [send(transport, { path: '/1' }), send(transport, { path: '/2' })]
  await upstream.until(/\/1 /)
  let isClosed = false
  const closed = transport.close().then(() => { isClosed = true })
  t.match(await send(transport).over, { events: ['onError'], error: { code: 'UND_ERR_CLOSED' } })
  upstream.sockets[0]!.write(FINE)
  await first.over
  await upstream.until(/\/2 /)
  t.notOk(isClosed)
  upstream.sockets[0]!.write(FINE)
  t.match(await second.over, { body: 'fine' })
  await closed
  await Promise.all([transport.close(), transport.destroy()])
})

t.test('closing closes the unused connections', async t => {
  const upstream = await startUpstream(t)
  const transport = createTransport(t, upstream.origin)
  await Promise.all([send(transport).over, send(transport).over])
  await settle()
  await transport.close()
  await Promise.all(upstream.sockets.map(async socket => socket.closed || await once(socket, 'close')))
})

t.test('closing closes a connection that has just become free', async t => {
  const upstream = await startUpstream(t)
  const transport = createTransport(t, upstream.origin)
  let closed: Promise<void> | undefined
  await send(transport, {}, { onComplete () { closed = transport.close() } }).over
  await closed
  t.pass()
})

t.test('destroying ends everything at once, in each of its phases', async t => {
  const upstream = await startUpstream(t, (socket, text) => { if (text.includes('/body')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf') })
  const transport = createTransport(t, upstream.origin, { maxConnections: 2 })
  const sent = [send(transport, { path: '/body' }), send(transport, { path: '/head' }), send(transport, { path: '/waits' }), send(transport, { path: '/fresh' }, {}, 'dispatchFresh')]
  await upstream.until(/\/body /)
  await upstream.until(/\/head /)
  await upstream.until(/\/fresh /)
  await settle()
  sent.push(send(transport, { path: '/connects' }, {}, 'dispatchFresh'))
  const destroyed = transport.destroy()
  t.strictSame(sent.map(({ events }) => events.join()), ['onConnect,onHeaders,onData,onError', 'onConnect,onError', 'onError', 'onConnect,onError', 'onError'])
  for (const { error } of sent) t.match(error, { message: /destroyed/ })
  await destroyed
  t.match(await send(transport).over, { events: ['onError'] })
})

t.test('what cannot be written is an error, and costs no connection', async t => {
  const upstream = await startUpstream(t)
  const transport = createTransport(t, upstream.origin)
  for (const method of ['dispatch', 'dispatchFresh'] as const) {
    t.match(await send(transport, { headers: ['host', 'a', 'x', 'y\r\nz'] }, {}, method).over, { events: ['onError'], error: { code: 'UND_ERR_INVALID_ARG' } })
  }
  t.equal(upstream.sockets.length, 0)
})

t.test('a body that breaks off while its request waits ends that, and not the process', async t => {
  const upstream = await startUpstream(t, (socket, text) => { if (text.includes('GET')) setTimeout(50).then(() => socket.write(FINE)) })
  const transport = createTransport(t, upstream.origin, { maxConnections: 1 })
  const first = send(transport)
  const body = new Readable({ read () {} })
  const second = send(transport, { method: 'POST', body })
  body.destroy(new RangeError('broken'))
  t.match(await first.over, { body: 'fine' })
  t.match(await second.over, { events: ['onConnect', 'onError'], error: { message: 'broken' } })
  t.notMatch(upstream.received(), /POST/)
})
