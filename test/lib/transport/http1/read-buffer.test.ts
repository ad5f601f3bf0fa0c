import t from 'tap'
import { ReadBuffer } from '../../../../lib/transport/http1/read-buffer.ts'

const MUCH = 16 * 1024

t.test('all begin with the same memory, of which parts are copied', async t => {
  const [one, other] = [new ReadBuffer(), new ReadBuffer()]
  const shared = one.next()
  t.equal(other.next(), shared)
  shared.write('abc')
  const part = one.take(shared, 0, 3)
  shared.write('xyz')
  t.equal(part.toString(), 'abc')
  t.equal(one.next(), shared, 'a little changes nothing')
})

t.test('behind a read that brings much come others with memory of their own, which is handed on and not used again', async t => {
  const buffer = new ReadBuffer()
  const shared = buffer.next()
  const first = buffer.take(shared, 0, MUCH)
  t.not(first.buffer, shared.buffer, 'the first is a copy')
  const own = buffer.next()
  t.not(own, shared)
  own.fill('a')
  const second = buffer.take(own, 10, 10 + MUCH)
  t.equal(second.buffer, own.buffer)
  t.equal(second.byteOffset, own.byteOffset + 10)
  t.not(buffer.next(), own)

  const rest = buffer.take(own, 10 + MUCH, 2 * MUCH + 10)
  t.not(rest.buffer, own.buffer, 'what else is in it is copied')
  const third = buffer.next()
  const little = buffer.take(third, 0, 5)
  t.not(little.buffer, third.buffer)
  t.equal(buffer.next(), third, 'after a little the same is read into again')
})

t.test('at the end of an answer it has no memory of its own any more', async t => {
  const buffer = new ReadBuffer()
  const shared = buffer.next()
  buffer.take(shared, 0, MUCH)
  buffer.release()
  t.equal(buffer.next(), shared)
})
