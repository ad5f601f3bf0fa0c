import t from 'tap'
import { createCloseFrame, FrameScanner, GOING_AWAY } from '../../../lib/tunnel/websocket-frames.ts'
import { CLOSE, createFrame, createHeader, type FrameOptions, PING, TEXT } from './frames.ts'

function scannerAfter (...chunks: Buffer[]): FrameScanner {
  const scanner = new FrameScanner()
  for (const chunk of chunks) scanner.push(chunk)
  return scanner
}

/** Where the frames end, counted from the beginning of the first. */
function endsOf (frames: readonly Buffer[]): number[] {
  let end = 0
  return frames.map(({ length }) => { end += length; return end })
}

const lengths: { name: string, length: number, options?: FrameOptions }[] = [
  { name: 'nothing', length: 0 },
  { name: 'one byte', length: 1 },
  { name: 'as much as seven bits can say', length: 125 },
  { name: 'as little as takes two bytes more', length: 126 },
  { name: 'more than one of them can say', length: 256 },
  { name: 'as much as they can say', length: 65_535 },
  { name: 'as little as takes eight bytes more', length: 65_536 },
  { name: 'nothing, said in two bytes', length: 0, options: { lengthBytes: 2 } },
  { name: 'little, said in two bytes', length: 5, options: { lengthBytes: 2 } },
  { name: 'nothing, said in eight bytes', length: 0, options: { lengthBytes: 8 } },
  { name: 'little, said in eight bytes', length: 5, options: { lengthBytes: 8 } },
]

for (const { name, length, options } of lengths) {
  for (const isMasked of [false, true]) {
    const frame = createFrame(TEXT, length, { ...options, isMasked })

    t.test(`a frame with ${name}${isMasked ? ', masked,' : ''} ends with its last byte, byte by byte`, async t => {
      const scanner = new FrameScanner()
      t.ok(scanner.isBetweenFrames, 'nothing has come')
      const ends: number[] = []
      for (let index = 0; index < frame.length; index++) {
        scanner.push(frame.subarray(index, index + 1))
        if (scanner.isBetweenFrames) ends.push(index + 1)
      }
      t.strictSame(ends.slice(0, 5), [frame.length])
    })

    t.test(`a frame with ${name}${isMasked ? ', masked,' : ''} ends with its last byte, wherever it is cut in two`, async t => {
      const wrong: number[] = []
      for (let cut = 0; cut <= frame.length; cut++) {
        const scanner = scannerAfter(frame.subarray(0, cut))
        const isWrong = scanner.isBetweenFrames !== (cut === 0 || cut === frame.length)
        scanner.push(frame.subarray(cut))
        if (isWrong || !scanner.isBetweenFrames) wrong.push(cut)
      }
      t.strictSame(wrong.slice(0, 5), [])
    })
  }
}

const streams: { name: string, frames: Buffer[] }[] = [
  { name: 'of one kind', frames: [createFrame(TEXT, 3), createFrame(TEXT, 3), createFrame(TEXT, 3)] },
  { name: 'of a client', frames: [createFrame(TEXT, 3, { isMasked: true }), createFrame(PING, 0, { isMasked: true }), createFrame(TEXT, 126, { isMasked: true })] },
  { name: 'of one message, with a ping among them', frames: [createFrame(TEXT, 4, { isFinal: false }), createFrame(PING, 2), createFrame(0, 4)] },
  { name: 'with nothing in them', frames: [createFrame(TEXT, 0), createFrame(PING, 0), createFrame(0, 0, { lengthBytes: 8 }), createFrame(TEXT, 1)] },
  { name: 'of all length forms', frames: [createFrame(TEXT, 130), createFrame(TEXT, 1, { lengthBytes: 8 }), createFrame(TEXT, 2), createFrame(TEXT, 5, { lengthBytes: 2, isMasked: true })] },
]

for (const { name, frames } of streams) {
  t.test(`however frames ${name} are cut, they end where they do`, async t => {
    const bytes = Buffer.concat(frames)
    const ends = endsOf(frames)
    const isEnd = (index: number) => index === 0 || ends.includes(index)
    const wrong: unknown[] = []
    for (let first = 0; first <= bytes.length; first++) {
      for (let second = first; second <= bytes.length; second++) {
        const scanner = scannerAfter(bytes.subarray(0, first), bytes.subarray(first, second))
        if (scanner.isBetweenFrames !== isEnd(second)) wrong.push([first, second])
        const expected = second === bytes.length ? -1 : ends.find(end => end > second)! - second
        if (scanner.pushFrame(bytes.subarray(second)) !== expected) wrong.push([first, second, 'pushFrame'])
      }
    }
    t.strictSame(wrong.slice(0, 5), [])
  })
}

const pieces: { name: string, before: Buffer, chunk: Buffer, expected: number, isBetween: boolean }[] = [
  { name: 'nothing', before: createFrame(TEXT, 3).subarray(0, 1), chunk: Buffer.alloc(0), expected: -1, isBetween: false },
  { name: 'a part of it', before: createFrame(TEXT, 3).subarray(0, 1), chunk: createFrame(TEXT, 3).subarray(1, 4), expected: -1, isBetween: false },
  { name: 'the rest of it, and no more', before: createFrame(TEXT, 3).subarray(0, 4), chunk: Buffer.from('c'), expected: 1, isBetween: true },
  { name: 'the rest of it and other frames', before: createFrame(TEXT, 3).subarray(0, 4), chunk: Buffer.concat([Buffer.from('c'), createFrame(TEXT, 3), createFrame(CLOSE, 0)]), expected: 1, isBetween: true },
  { name: 'the length of one without payload', before: createFrame(PING, 0).subarray(0, 1), chunk: Buffer.concat([createFrame(PING, 0).subarray(1), createFrame(TEXT, 3)]), expected: 1, isBetween: true },
]

for (const { name, before, chunk, expected, isBetween } of pieces) {
  t.test(`up to the end of a frame there is ${name}`, async t => {
    const scanner = scannerAfter(before)
    t.equal(scanner.pushFrame(chunk), expected)
    t.equal(scanner.isBetweenFrames, isBetween)
    t.notOk(scanner.isClosed, 'what is behind it has not been looked at')
  })
}

const endless: { name: string, length: bigint }[] = [
  { name: '4 GiB', length: 2n ** 32n },
  { name: 'the last exact one', length: 2n ** 53n - 1n },
  { name: 'one that is not exact any more', length: 2n ** 53n + 1n },
  { name: 'one with the sign bit', length: 2n ** 63n },
  { name: 'the longest that can be said', length: 2n ** 64n - 1n },
]

for (const { name, length } of endless) {
  t.test(`a frame does not end before its length: ${name}`, async t => {
    const scanner = scannerAfter(createHeader(TEXT, length))
    const chunk = Buffer.alloc(64 * 1024, createFrame(CLOSE, 0))
    for (let i = 0; i < 1000; i++) scanner.push(chunk)
    t.equal(scanner.pushFrame(chunk), -1)
    t.strictSame([scanner.isBetweenFrames, scanner.isClosed], [false, false])
  })
}

const closings: { name: string, frames: Buffer[], expected: boolean }[] = [
  { name: 'nothing has come', frames: [], expected: false },
  { name: 'a close frame', frames: [createFrame(CLOSE, 2)], expected: true },
  { name: 'a close frame without a code', frames: [createFrame(CLOSE, 0)], expected: true },
  { name: 'a masked close frame', frames: [createFrame(CLOSE, 9, { isMasked: true })], expected: true },
  { name: 'a masked close frame without a code', frames: [createFrame(CLOSE, 0, { isMasked: true })], expected: true },
  { name: 'a close frame behind others', frames: [createFrame(TEXT, 3), createFrame(PING, 0), createFrame(CLOSE, 2)], expected: true },
  { name: 'a close frame before others, which is wrong', frames: [createFrame(CLOSE, 2), createFrame(TEXT, 3)], expected: true },
  { name: 'half a close frame', frames: [createFrame(CLOSE, 2).subarray(0, 3)], expected: false },
  { name: 'a close frame without its mask', frames: [createFrame(CLOSE, 0, { isMasked: true }).subarray(0, 5)], expected: false },
  { name: 'frames that hold close frames', frames: [createFrame(TEXT, 100), createFrame(PING, 100, { isMasked: true })], expected: false },
]

for (const { name, frames, expected } of closings) {
  t.test(`${expected ? 'closed' : 'not closed'}: ${name}`, async t => {
    const bytes = Buffer.concat(frames)
    t.equal(scannerAfter(bytes).isClosed, expected, 'in one chunk')
    t.equal(scannerAfter(...Array.from(bytes, byte => Buffer.of(byte))).isClosed, expected, 'byte by byte')
  })
}

t.test('only headers are read', async t => {
  const read: string[] = []
  const watched = new Proxy(
    Buffer.concat([createFrame(TEXT, 100), createFrame(PING, 126, { isMasked: true }), createFrame(TEXT, 5)]),
    {
      get (target, key) {
        if (typeof key === 'string' && key !== 'length') read.push(key)
        return Reflect.get(target, key, target)
      },
    }
  )
  const scanner = scannerAfter(watched)
  t.ok(scanner.isBetweenFrames)
  t.strictSame(read.map(Number), [0, 1, 102, 103, 104, 105, 106, 107, 108, 109, 236, 237])
})
t.test('a close frame for a client is its code and nothing else', async t => {
  t.strictSame(createCloseFrame(GOING_AWAY, false), Buffer.of(0x88, 0x02, 0x03, 0xe9))
})

t.test('a close frame for a server is masked', async t => {
  const frame = createCloseFrame(GOING_AWAY, true)
  t.strictSame(frame.subarray(0, 2), Buffer.of(0x88, 0x82))
  const [mask, payload] = [frame.subarray(2, 6), frame.subarray(6)]
  t.strictSame(payload.map((byte, index) => byte ^ mask[index]!), Buffer.of(0x03, 0xe9))
})

t.test('no mask is foreseen by another', async t => {
  const masks = Array.from({ length: 10 }, () => createCloseFrame(GOING_AWAY, true).toString('hex', 2, 6))
  t.equal(new Set(masks).size, masks.length)
})

t.test('both bytes of a code are said', async t => {
  t.strictSame(createCloseFrame(4999, false).subarray(2), Buffer.of(0x13, 0x87))
})
