import t from 'tap'
import { Flow } from '../../../lib/tunnel/flow.ts'
import { createCloseFrame, FrameScanner, GOING_AWAY } from '../../../lib/tunnel/websocket-frames.ts'
import { createConnection, read, settle } from './ends.ts'
import { CLOSE, createFrame, PING, TEXT } from './frames.ts'

const CLOSE_FRAME = createCloseFrame(GOING_AWAY, false)

/** A flow from one end to another, and what it says. */
function createFlow ({ isWebSocket = true, highWaterMark = 65_536 } = {}) {
  const source = createConnection({ highWaterMark })
  const destination = createConnection({ highWaterMark })
  const calls = { onData: 0, onEnd: 0, onClosing: 0 }
  const flow = new Flow(source.socket, destination.socket, isWebSocket ? new FrameScanner() : null, {
    onData: () => { calls.onData++ },
    onEnd: () => { calls.onEnd++ },
    onClosing: () => { calls.onClosing++ },
  })
  return { flow, source, destination, calls, from: source.end, to: destination.end }
}

/** The same, started, with the other end reading. */
function startFlow (options?: Parameters<typeof createFlow>[0]) {
  const setup = createFlow(options)
  const received = read(setup.to)
  setup.flow.start()
  const send = async (...parts: Buffer[]) => {
    setup.from.write(Buffer.concat(parts))
    await settle()
  }
  return { ...setup, received, send }
}

for (const isWebSocket of [true, false]) {
  t.test(`bytes go on as they are, ${isWebSocket ? 'of a WebSocket' : 'of which nothing is known'}`, async t => {
    const { received, send, calls } = startFlow({ isWebSocket })
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
    await send(bytes)
    await send(bytes)
    t.strictSame(received(), Buffer.concat([bytes, bytes]))
    t.equal(calls.onData, 2)
  })
}

t.test('what had come before the start goes first', async t => {
  const { flow, source, from, to } = createFlow()
  const received = read(to)
  source.socket.pause()
  source.socket.unshift(Buffer.from('a'))
  from.write('b')
  await settle()
  flow.start()
  await settle()
  t.equal(received().toString(), 'ab')
})

t.test('no more is read than the other end takes', async t => {
  const { flow, source, destination, from, to, calls } = createFlow({ highWaterMark: 10 })
  flow.start()
  for (let i = 0; i < 50; i++) from.write(Buffer.alloc(4, i))
  await settle()
  t.ok(source.socket.isPaused())
  const { onData } = calls
  t.ok(onData < 10, `${onData} chunks of 50`)
  t.ok(destination.socket.writableLength <= 12, `${destination.socket.writableLength} bytes wait`)

  const received = read(to)
  await settle()
  t.strictSame(received(), Buffer.concat(Array.from({ length: 50 }, (_, i) => Buffer.alloc(4, i))))
  t.notOk(source.socket.isPaused())
})

t.test('the end of the source is the end of the destination, when everything has been written', async t => {
  const { flow, from, to, calls } = createFlow()
  flow.start()
  from.end('last words')
  await settle()
  t.equal(calls.onEnd, 0, 'nobody has read them')
  let hasEnded = false
  to.on('end', () => { hasEnded = true })
  const received = read(to)
  await settle()
  t.strictSame([received().toString(), hasEnded, calls.onEnd], ['last words', true, 1])
})

t.test('the end of the source leaves the other direction open', async t => {
  const { from, source, destination } = startFlow()
  from.end()
  await settle()
  t.ok(source.socket.writable)
  t.notOk(destination.socket.writable)
})

const closings: { name: string, isWebSocket?: boolean, bytes: Buffer, expected: boolean }[] = [
  { name: 'of a WebSocket, behind any frame', bytes: createFrame(TEXT, 3), expected: false },
  { name: 'of a WebSocket, in the middle of a close frame', bytes: createFrame(CLOSE, 2).subarray(0, 3), expected: false },
  { name: 'of a WebSocket, behind a close frame', bytes: createFrame(CLOSE, 2), expected: true },
  { name: 'of another protocol, behind what looks like one', isWebSocket: false, bytes: createFrame(CLOSE, 2), expected: false },
]

for (const { name, isWebSocket = true, bytes, expected } of closings) {
  t.test(`a flow ${expected ? 'is' : 'is not'} closing: ${name}`, async t => {
    const { flow, send } = startFlow({ isWebSocket })
    await send(bytes)
    t.equal(flow.isClosing, expected)
  })
}

const places: { name: string, before: Buffer[], behind?: Buffer[] }[] = [
  { name: 'nothing', before: [] },
  { name: 'whole frames', before: [createFrame(TEXT, 3, { isMasked: true }), createFrame(PING, 0)] },
  { name: 'a fragment of a message', before: [createFrame(TEXT, 3, { isFinal: false })] },
]

for (const { name, before } of places) {
  t.test(`a close frame is inserted at once after ${name}`, async t => {
    const { flow, send, received } = startFlow()
    await send(...before)
    flow.insertCloseFrame(CLOSE_FRAME)
    await settle()
    t.strictSame(received(), Buffer.concat([...before, CLOSE_FRAME]))
  })
}

const LONG = createFrame(TEXT, 200, { isMasked: true })

t.test('a close frame is inserted after the current frame, wherever in it the rest begins', async t => {
  const wrong: number[] = []
  for (let cut = 1; cut < LONG.length; cut++) {
    const { flow, send, received } = startFlow()
    await send(LONG.subarray(0, cut))
    flow.insertCloseFrame(CLOSE_FRAME)
    await settle()
    const isEarly = received().length > cut
    await send(LONG.subarray(cut))
    if (isEarly || !received().equals(Buffer.concat([LONG, CLOSE_FRAME]))) wrong.push(cut)
  }
  t.strictSame(wrong, [])
})

t.test('a frame in progress may go on for many chunks', async t => {
  const { flow, send, received } = startFlow()
  await send(LONG.subarray(0, 1))
  flow.insertCloseFrame(CLOSE_FRAME)
  for (let index = 1; index < LONG.length; index++) await send(LONG.subarray(index, index + 1))
  t.strictSame(received(), Buffer.concat([LONG, CLOSE_FRAME]))
})

t.test('what comes after the inserted close frame is dropped, also in the same chunk', async t => {
  const { flow, send, received, calls, source } = startFlow()
  await send(LONG.subarray(0, 9))
  flow.insertCloseFrame(CLOSE_FRAME)
  await send(LONG.subarray(9), createFrame(TEXT, 3))
  await send(createFrame(TEXT, 3), createFrame(PING, 2).subarray(0, 1))
  t.strictSame(received(), Buffer.concat([LONG, CLOSE_FRAME]))
  t.equal(calls.onData, 3)
  t.ok(source.socket.writable, 'it may still say that it closes')
})

t.test('no close frame is inserted after the end\'s own', async t => {
  const own = createFrame(CLOSE, 2)
  const { flow, send, received, calls } = startFlow()
  await send(own.subarray(0, 3))
  flow.insertCloseFrame(CLOSE_FRAME)
  await send(own.subarray(3))
  t.strictSame(received(), own)
  t.ok(flow.hasSentClose && flow.isClosing && calls.onClosing > 0, 'and that is told')
})

const answers: { name: string, chunks: Buffer[] }[] = [
  { name: 'alone', chunks: [createFrame(CLOSE, 2, { isMasked: true })] },
  { name: 'behind other frames', chunks: [Buffer.concat([createFrame(TEXT, 3), createFrame(CLOSE, 2)])] },
  { name: 'byte by byte', chunks: Array.from(createFrame(CLOSE, 2, { isMasked: true }), byte => Buffer.of(byte)) },
  { name: 'behind a frame in several chunks', chunks: [createFrame(TEXT, 9).subarray(0, 4), Buffer.concat([createFrame(TEXT, 9).subarray(4), createFrame(CLOSE, 0)])] },
]

for (const { name, chunks } of answers) {
  t.test(`when an end has sent a close frame, too, that is notified: ${name}`, async t => {
    const { flow, send, received, calls } = startFlow()
    flow.insertCloseFrame(CLOSE_FRAME)
    for (const chunk of chunks) {
      t.notOk(flow.isClosing)
      await send(chunk)
    }
    t.ok(flow.isClosing && calls.onClosing > 1)
    t.strictSame(received(), CLOSE_FRAME)
  })
}

t.test('the close frame of an end is enough, in the chunk that ends the frame before the inserted one', async t => {
  const { flow, send, received, calls } = startFlow()
  await send(LONG.subarray(0, 9))
  flow.insertCloseFrame(CLOSE_FRAME)
  await send(LONG.subarray(9), createFrame(CLOSE, 2))
  t.strictSame(received(), Buffer.concat([LONG, CLOSE_FRAME]))
  t.ok(flow.isClosing && calls.onClosing > 1)
})

t.test('no close frame is inserted where an end ends in the middle of a frame', async t => {
  const { flow, send, received, from, calls } = startFlow()
  await send(LONG.subarray(0, 9))
  flow.insertCloseFrame(CLOSE_FRAME)
  from.end()
  await settle()
  t.strictSame(received(), LONG.subarray(0, 9))
  t.equal(calls.onEnd, 1)
})

t.test('the end of an end after the inserted close frame is passed on, too', async t => {
  const { flow, from, to, received } = startFlow()
  flow.insertCloseFrame(CLOSE_FRAME)
  let hasEnded = false
  to.on('end', () => { hasEnded = true })
  from.end(createFrame(TEXT, 3))
  await settle()
  t.strictSame([received(), hasEnded], [CLOSE_FRAME, true])
})
