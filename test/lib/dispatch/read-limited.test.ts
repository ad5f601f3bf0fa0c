import { PassThrough, Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { readLimited } from '../../../lib/dispatch/read-limited.ts'

const read = async (body: Readable) => Buffer.concat(await body.toArray()).toString()

t.test('a body within the limit is read whole, in whatever pieces it comes', async t => {
  const body = new PassThrough()
  const held = readLimited(body, 6)
  for (const piece of ['ab', 'cd']) {
    body.write(piece)
    await setImmediate()
  }
  body.end('ef')
  t.strictSame(await held, { bytes: Buffer.from('abcdef'), isWhole: true })
})

t.test('an empty body is whole', async t => {
  t.strictSame(await readLimited(new PassThrough().end(), 0), { bytes: Buffer.alloc(0), isWhole: true })
})

t.test('a longer body is passed on as it was, with what had been read', async t => {
  const body = new PassThrough()
  const held = readLimited(body, 3)
  body.write('ab')
  await setImmediate()
  body.write('cd')
  t.strictSame(await held, { bytes: Buffer.from('abcd'), isWhole: false })
  body.end('ef')
  t.equal(await read(body), 'abcdef')
})

t.test('a longer body that was here at once can be read, too', async t => {
  const body = new PassThrough()
  body.end('abcdef')
  t.equal((await readLimited(body, 3)).isWhole, false)
  await setImmediate()
  t.equal(body.readableEnded, false)
  t.equal(await read(body), 'abcdef')
})

t.test('with the limit 0 it gives a look at the beginning, and can be held again', async t => {
  const body = new PassThrough()
  body.write('ab')
  t.strictSame(await readLimited(body, 0), { bytes: Buffer.from('ab'), isWhole: false })
  body.end('cd')
  t.strictSame(await readLimited(body, 100), { bytes: Buffer.from('abcd'), isWhole: true })
})

t.test('a body that is over limits can be piped', async t => {
  const body = Readable.from([Buffer.from('ab'), Buffer.from('cd')], { objectMode: false })
  await readLimited(body, 1)
  t.equal(await read(body.pipe(new PassThrough())), 'abcd')
})

t.test('a body that breaks off rejects with what broke it', async t => {
  const body = new PassThrough()
  const cause = new Error('reset')
  const held = readLimited(body, 100)
  body.write('half')
  await setImmediate()
  body.destroy(cause)
  await t.rejects(held, cause)
})

t.test('a body that broke off before rejects, too', async t => {
  const body = new PassThrough().on('error', () => {})
  const cause = new Error('reset')
  body.destroy(cause)
  await setImmediate()
  await t.rejects(readLimited(body, 100), cause)
})

t.test('a body that is closed without an error rejects, before and while it is read', async t => {
  const body = new PassThrough()
  const held = readLimited(body, 100)
  body.destroy()
  await t.rejects(held, { message: 'The body was closed before its end' })
  await t.rejects(readLimited(body, 100), { message: 'The body was closed before its end' })
})

t.test('a body that somebody has read already is empty', async t => {
  const body = new PassThrough().end('abc')
  await read(body)
  t.strictSame(await readLimited(body, 100), { bytes: Buffer.alloc(0), isWhole: true })
})

t.test('it leaves no listener behind', async t => {
  const events = ['readable', 'end', 'error', 'close']
  const count = (body: Readable) => events.map(name => body.listenerCount(name))
  for (const [limit, end] of [[0, 'end'], [100, 'end'], [100, 'destroy']] as const) {
    const body = new PassThrough()
    const before = count(body)
    body.write('abc')
    const held = readLimited(body, limit)
    body[end]()
    await held.catch(() => {})
    t.strictSame(count(body), before, `${limit} ${end}`)
  }
})
