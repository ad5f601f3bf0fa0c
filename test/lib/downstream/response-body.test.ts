import { PassThrough, Writable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { ResponseBody } from '../../../lib/downstream/response-body.ts'
import { closeOf } from '../dispatch/fakes.ts'

function createBody () {
  const calls: string[] = []
  const body = new ResponseBody({ resume: () => calls.push('resume'), abort: error => calls.push(`abort ${error?.message ?? 'without a reason'}`) })
  return { body, calls }
}

class Response extends Writable {
  writes: number[] = []
  written = 0
  // What tells a response from other streams; the head leaves with the first write, be it empty.
  flushHeaders () {}
  override _write (chunk: Buffer, _encoding: string, callback: () => void) {
    this.writes.push(chunk.length)
    this.written += chunk.length
    callback()
  }
}

t.test('more is asked for when what there was has been read, and not before', async t => {
  const { body, calls } = createBody()
  t.ok(body.push(Buffer.alloc(1000)))
  t.notOk(body.push(Buffer.alloc(64 * 1024)), 'the source is told to stop')
  await setImmediate()
  t.strictSame(calls, [])
  body.resume()
  await setImmediate()
  t.strictSame(calls, ['resume'])
})

t.test('its end is the end, and aborts nothing that is still to come', async t => {
  const { body, calls } = createBody()
  body.push(Buffer.from('a'))
  body.push(null)
  t.equal((await body.toArray()).toString(), 'a')
  t.strictSame(calls.filter(call => call !== 'resume'), ['abort without a reason'], 'the source knows that it has ended')
})

t.test('destroying it aborts the source, with the reason', async t => {
  const { body, calls } = createBody()
  body.destroy(new Error('enough'))
  await closeOf(body)
  t.strictSame(calls, ['abort enough'])
})

t.test('a break that nobody listens to yet does not end the process, and is known to who listens later', async t => {
  const { body } = createBody()
  const error = new Error('broken off')
  body.destroy(error)
  await closeOf(body)
  t.equal(body.errored, error)
})

t.test('the head of a response leaves before the first byte of the body', async t => {
  const { body } = createBody()
  const response = new Response()
  t.equal(body.pipe(response), response)
  t.strictSame(response.writes, [0], 'by a write of nothing')
})

t.test('a byte that is here takes the head along', async t => {
  const { body } = createBody()
  const response = new Response()
  body.push(Buffer.from('abc'))
  body.pipe(response)
  await setImmediate()
  t.strictSame(response.writes, [3])
})

t.test('a stream that is no response has no head to send', async t => {
  const { body } = createBody()
  const through = body.pipe(new PassThrough())
  body.push(Buffer.from('abc'))
  body.push(null)
  t.equal((await through.toArray()).toString(), 'abc')
})
