import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { RequestBody } from '../../../lib/dispatch/request-body.ts'
import { closeOf } from './fakes.ts'

t.test('an upload arrives byte for byte', async t => {
  const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 251))
  const body = new RequestBody(Readable.from([bytes.subarray(0, 7), bytes.subarray(7)], { objectMode: false }))
  t.ok(Buffer.concat(await body.toArray()).equals(bytes))
})

t.test('nothing is read before somebody asks', async t => {
  const source = new PassThrough()
  source.write('abc')
  const body = new RequestBody(source)
  await setImmediate()
  t.equal(source.readableFlowing, null)
  body.read(0)
  await setImmediate()
  t.equal(body.readableLength, 3)
})

t.test('a full buffer stops the source, an empty one starts it again', async t => {
  const source = new Readable({ read () {} })
  const body = new RequestBody(source)
  body.read(0)
  source.push(Buffer.alloc(64 * 1024))
  await setImmediate()
  t.ok(source.isPaused())
  body.read()
  await setImmediate()
  t.notOk(source.isPaused())
})

t.test('it knows who is waiting for whom', async t => {
  const source = new Readable({ read () {} })
  const body = new RequestBody(source)
  t.notOk(body.isStarved, 'nobody has asked yet')
  body.resume()
  await setImmediate()
  t.ok(body.isStarved, 'the upstream waits for the client')
  body.pause()
  source.push(Buffer.alloc(64 * 1024))
  await setImmediate()
  t.notOk(body.isStarved, 'the client waits for the upstream')
  body.resume()
  source.push(null)
  await once(body, 'end')
  t.notOk(body.isStarved, 'nobody waits at the end')
})

t.test('destroying it lets the rest of the upload run into the void', async t => {
  const source = new PassThrough()
  const body = new RequestBody(source)
  body.read(0)
  source.write(Buffer.alloc(64 * 1024))
  await setImmediate()
  body.destroy()
  for (let i = 0; i < 20; i++) source.write(Buffer.alloc(64 * 1024))
  source.end()
  await once(source, 'end')
  t.notOk(source.errored)
})

t.test('a source that fails after that hurts nobody', async t => {
  const source = new PassThrough()
  new RequestBody(source).destroy()
  source.destroy(new Error('gone'))
  await closeOf(source)
  t.pass('still here')
})

const breaks: { name: string, break: (source: Readable) => void, expected: { code: string, cause?: unknown } }[] = [
  { name: 'the client goes away', break: source => source.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' })), expected: { code: 'GW_ERR_CLIENT_CLOSED', cause: { code: 'ECONNRESET' } } },
  { name: 'the source is closed without an end', break: source => source.destroy(), expected: { code: 'GW_ERR_CLIENT_CLOSED' } },
  { name: 'a hook cannot read the upload', break: source => source.destroy(Object.assign(new Error('incorrect header check'), { code: 'Z_DATA_ERROR' })), expected: { code: 'GW_ERR_BAD_REQUEST', cause: { code: 'Z_DATA_ERROR' } } },
]

for (const { name, break: breakOff, expected } of breaks) {
  t.test(`an upload breaks off: ${name}`, async t => {
    const source = new PassThrough()
    const body = new RequestBody(source)
    body.resume()
    source.write('half')
    await setImmediate()
    breakOff(source)
    const [error] = await once(body, 'error')
    t.match(error, expected)
  })

  t.test(`an upload broke off before it was asked for: ${name}`, async t => {
    const source = new PassThrough().on('error', () => {})
    const body = new RequestBody(source)
    breakOff(source)
    await closeOf(source)
    body.resume()
    const [error] = await once(body, 'error')
    t.match(error, expected)
  })
}

t.test('an upload that somebody else has read to its end is empty, and does not hang', async t => {
  const source = Readable.from(['abc'])
  source.resume()
  await once(source, 'end')
  t.strictSame(await new RequestBody(source).toArray(), [])
})

t.test('the close of a source that has ended is nothing to worry about', async t => {
  const source = new PassThrough()
  const body = new RequestBody(source)
  source.end('abc')
  body.read(0)
  await closeOf(source)
  t.equal(body.read()?.toString(), 'abc')
  t.notOk(body.destroyed)
})

t.test('it counts what has come from the client, whether or not anybody has taken it', async t => {
  const source = new Readable({ read () {} })
  const body = new RequestBody(source)
  source.push('abc')
  await setImmediate()
  t.equal(body.received, 0, 'nobody has asked yet')
  body.read(0)
  await setImmediate()
  t.strictSame([body.received, body.readableLength], [3, 3])
  source.push(Buffer.alloc(1000))
  body.resume()
  await setImmediate()
  t.strictSame([body.received, body.readableLength], [1003, 0])
  source.push(null)
  await once(body, 'end')
  t.equal(body.received, 1003)
})

const touches: { name: string, touch: (body: RequestBody) => unknown, isUntouched: boolean }[] = [
  { name: 'nobody has read it', touch: () => {}, isUntouched: true },
  { name: 'somebody listens to its errors', touch: body => body.on('error', () => {}), isUntouched: true },
  { name: 'something has been read of it', touch: body => body.read(), isUntouched: false },
  { name: 'somebody waits for it', touch: body => body.resume(), isUntouched: false },
  { name: 'it is not wanted any more', touch: body => body.destroy(), isUntouched: false },
]

for (const { name, touch, isUntouched } of touches) {
  t.test(`an upload is ${isUntouched ? 'as good as new' : 'not what it was'} when ${name}`, async t => {
    const source = new PassThrough()
    const body = new RequestBody(source)
    t.equal(body.isUntouched, true)
    touch(body)
    await setImmediate()
    t.equal(body.isUntouched, isUntouched)
    body.destroy()
  })
}

t.test('an untouched upload is read from its beginning', async t => {
  const source = new PassThrough()
  const body = new RequestBody(source)
  source.write('abc')
  await setImmediate()
  t.equal(body.isUntouched, true)
  source.end('def')
  t.equal(Buffer.concat(await body.toArray()).toString(), 'abcdef')
})
