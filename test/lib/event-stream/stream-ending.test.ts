import t from 'tap'
import { StreamEnding } from '../../../lib/event-stream/stream-ending.ts'

const bytes = (text: string) => Buffer.from(text, 'latin1')

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
    t.equal(ending.ask(), isOver)
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
    ending.ask()
    let text = ''
    for (const [index, chunk] of chunks.entries()) {
      text += ending.take(bytes(chunk)).toString('latin1')
      t.equal(ending.isOver, index === chunks.length - 1)
    }
    t.equal(text, passed)
    t.equal(ending.ask(), true, 'and it stays over')
  })
}

t.test('a chunk is not copied', async t => {
  const chunk = bytes('data: 1\n\ndata: 2')
  const ending = new StreamEnding()
  t.equal(ending.take(chunk), chunk)
  ending.ask()
  const last = bytes('\n\nrest')
  const part = ending.take(last)
  t.strictSame([part.buffer, part.byteOffset, part.length], [last.buffer, last.byteOffset, 2])
})

t.test('behind its end nothing is passed on', async t => {
  const ending = new StreamEnding()
  t.equal(ending.ask(), true)
  t.equal(ending.take(Buffer.from('data: 1\n\n')).length, 0)
  t.equal(ending.isOver, true)
})
