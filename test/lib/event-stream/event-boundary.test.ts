import t from 'tap'
import { EventBoundary, StreamEnding } from '../../../lib/event-stream/event-boundary.ts'

/** The same by reading everything: nothing has come, or the last line that has ended is blank. */
function isBetween (stream: string): boolean {
  const lines = stream.split(/\r\n|\r|\n/)
  return stream === '' || (lines.length > 1 && lines.at(-1) === '' && lines.at(-2) === '')
}

/** The first place in a chunk that is between two events, and not between a CR and its LF. */
function firstEnd (before: string, chunk: string): number {
  for (let end = 1; end <= chunk.length; end++) {
    if (isBetween(before + chunk.slice(0, end)) && !(chunk[end - 1] === '\r' && chunk[end] === '\n')) return end
  }
  return -1
}

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')

function boundaryAfter (...chunks: string[]): EventBoundary {
  const boundary = new EventBoundary()
  for (const chunk of chunks) boundary.push(bytes(chunk))
  return boundary
}

const BOM = '\xef\xbb\xbf'

const places: [name: string, stream: string, expected: boolean][] = [
  ['the beginning', '', true],
  ['a BOM', BOM, false],
  ['a BOM and an event', `${BOM}data: 1\n\n`, true],
  ['a blank line at the beginning', '\n', true],
  ['a blank line at the beginning, with CRLF', '\r\n', true],
  ['half a field', 'da', false],
  ['a field without the end of its line', 'data: 1', false],
  ['a field', 'data: 1\n', false],
  ['a field, with CR', 'data: 1\r', false],
  ['a field, with CRLF', 'data: 1\r\n', false],
  ['a field behind an event', 'data: 1\n\ndata: 2\n', false],
  ['a comment', ': ping\n', false],
  ['a comment and a blank line', ': ping\n\n', true],
  ['an event', 'data: 1\n\n', true],
  ['an event, with CR', 'data: 1\r\r', true],
  ['an event, with CRLF', 'data: 1\r\n\r\n', true],
  ['an event, with CRLF but for its last LF', 'data: 1\r\n\r', true],
  ['an event, with LF and CR', 'data: 1\n\r', true],
  ['an event, with LF and CRLF', 'data: 1\n\r\n', true],
  ['an event, with CR and CRLF', 'data: 1\r\r\n', true],
  ['an event, with CRLF and LF', 'data: 1\r\n\n', true],
  ['more blank lines', 'data: 1\n\n\n\n', true],
  ['a line of white space', 'data: 1\n \n', false],
]

for (const [name, stream, expected] of places) {
  t.test(`between events, behind ${name}: ${expected}`, async t => {
    t.equal(boundaryAfter(stream).isBetweenEvents, expected, 'in one chunk')
    t.equal(boundaryAfter(...stream).isBetweenEvents, expected, 'byte by byte')
    t.equal(isBetween(stream), expected, 'the reference')
  })
}

const ends: [name: string, before: string[], chunk: string, expected: number][] = [
  ['none', [], 'data: 1\n', -1],
  ['in nothing', ['data: 1\n'], '', -1],
  ['behind an event', [], 'data: 1\n\ndata: 2\n\n', 9],
  ['the blank line alone', ['data: 1\n'], '\ndata: 2', 1],
  ['a LF that ends the line and no event', ['data: 1\r'], '\ndata: 2', -1],
  ['a CRLF in one piece', ['data: 1\r\n'], '\r\ndata: 2', 2],
  ['a CR whose LF may come', ['data: 1\r\n'], '\r', 1],
  ['that LF', ['data: 1\r\n', '\r'], '\ndata: 2', 1],
  ['with bytes of a character in between', ['data: \xe2'], '\x82\xac\n\n\n', 4],
]

for (const [name, before, chunk, expected] of ends) {
  t.test(`end of event: ${name}`, async t => {
    t.equal(boundaryAfter(...before).endOfEvent(bytes(chunk)), expected)
    t.equal(firstEnd(before.join(''), chunk), expected, 'the reference')
  })
}

t.test('looking for an end changes nothing', async t => {
  const boundary = boundaryAfter('data: 1\n')
  t.equal(boundary.endOfEvent(bytes('\n')), 1)
  t.equal(boundary.endOfEvent(bytes('\n')), 1)
  t.equal(boundary.isBetweenEvents, false)
})

t.test('only the last bytes of a chunk are read', async t => {
  const chunk = bytes(`${'data: 1\n'.repeat(100)}\n`)
  const read: string[] = []
  const watched = new Proxy(chunk, {
    get (target, key) {
      if (typeof key === 'string' && key !== 'length') read.push(key)
      return Reflect.get(target, key, target)
    },
  })
  const boundary = new EventBoundary()
  boundary.push(watched)
  t.equal(boundary.isBetweenEvents, true)
  t.strictSame(read, ['798', '799', '800'])
})

const streams: [name: string, stream: string][] = [
  ['LF', ': ping\n\nid: 1\ndata: one\n\n\ndata: two\n\ndata'],
  ['CR', ': ping\r\rid: 1\rdata: one\r\r\rdata: two\r\rdata'],
  ['CRLF', ': ping\r\n\r\nid: 1\r\ndata: one\r\n\r\n\r\ndata: two\r\n\r\ndata'],
  ['all of them', '\r\n:\n\rdata\r\r\ndata\r\n\ndata\n\r\n\n\r\rdata\r\n\rdata\r\n'],
  ['a BOM', `${BOM}data: \xe2\x82\xac\r\n\r\n${BOM}\n\n`],
]

for (const [name, stream] of streams) {
  t.test(`however a stream is cut, its boundaries are the same: ${name}`, async t => {
    const wrong: unknown[] = []
    for (let first = 0; first <= stream.length; first++) {
      for (let second = first; second <= stream.length; second++) {
        const [head, middle, rest] = [stream.slice(0, first), stream.slice(first, second), stream.slice(second)]
        const boundary = boundaryAfter(head, middle)
        if (boundary.isBetweenEvents !== isBetween(head + middle)) wrong.push([head, middle])
        if (boundary.endOfEvent(bytes(rest)) !== firstEnd(head + middle, rest)) wrong.push([head, middle, rest])
      }
    }
    t.strictSame(wrong, [])
  })
}

t.test('every short stream of line ends and characters has the boundaries of the reference', async t => {
  const wrong: string[] = []
  let streams = ['']
  for (let length = 1; length <= 7; length++) {
    streams = streams.flatMap(stream => ['x', '\r', '\n'].map(next => stream + next))
    for (const stream of streams) {
      const isWrong = boundaryAfter(stream).isBetweenEvents !== isBetween(stream) || new EventBoundary().endOfEvent(bytes(stream)) !== firstEnd('', stream)
      if (isWrong) wrong.push(stream)
    }
  }
  t.strictSame(wrong, [])
})

const asked: { name: string, before: string[], isOver: boolean }[] = [
  { name: 'before the first event', before: [], isOver: true },
  { name: 'between two events', before: ['data: 1\n\n', 'data: 2\n', '\n'], isOver: true },
  { name: 'in an event', before: ['data: 1\n\ndata'], isOver: false },
  { name: 'behind a line of an event', before: ['data: 1\n'], isOver: false },
]

for (const { name, before, isOver } of asked) {
  t.test(`an event stream that is to end ${name} ${isOver ? 'is over at once' : 'goes on'}`, async t => {
    const ending = new StreamEnding()
    for (const chunk of before) t.equal(ending.take(bytes(chunk)).toString('latin1'), chunk)
    t.equal(ending.isOver, false, 'not before it is asked for')
    t.equal(ending.requestEnd(), isOver)
    t.equal(ending.isOver, isOver)
  })
}

const cuts: { name: string, chunks: string[], passed: string }[] = [
  { name: 'the rest of the event, and nothing of the next', chunks: [': 1\n\ndata: 2\n\n'], passed: ': 1\n\n' },
  { name: 'the rest in several chunks', chunks: [': ', '1\n', '\ndata: 2\n\n'], passed: ': 1\n\n' },
  { name: 'the rest with the whole of its last CRLF', chunks: [': 1\r\n\r\ndata: 2'], passed: ': 1\r\n\r\n' },
]

for (const { name, chunks, passed } of cuts) {
  t.test(`an event stream that is to end passes on ${name}`, async t => {
    const ending = new StreamEnding()
    ending.take(bytes('data'))
    ending.requestEnd()
    let text = ''
    for (const [index, chunk] of chunks.entries()) {
      text += ending.take(bytes(chunk)).toString('latin1')
      t.equal(ending.isOver, index === chunks.length - 1)
    }
    t.equal(text, passed)
    t.equal(ending.requestEnd(), true, 'and it stays over')
  })
}

t.test('a chunk is not copied', async t => {
  const chunk = bytes('data: 1\n\ndata: 2')
  const ending = new StreamEnding()
  t.equal(ending.take(chunk), chunk)
  ending.requestEnd()
  const last = bytes('\n\nrest')
  const part = ending.take(last)
  t.strictSame([part.buffer, part.byteOffset, part.length], [last.buffer, last.byteOffset, 2])
})

t.test('behind its end nothing is passed on', async t => {
  const ending = new StreamEnding()
  t.equal(ending.requestEnd(), true)
  t.equal(ending.take(Buffer.from('data: 1\n\n')).length, 0)
  t.equal(ending.isOver, true)
})
