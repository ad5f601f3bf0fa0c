import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { finished } from 'node:stream/promises'
import t from 'tap'
import { EventStreamBody } from '../../../lib/event-stream/event-stream-body.ts'
import { closeOf } from '../dispatch/fakes.ts'

function createBody () {
  const calls: string[] = []
  const body = new EventStreamBody({ resume: () => calls.push('resume'), abort: error => calls.push(`abort ${error?.message ?? 'without a reason'}`) })
  return { body, calls }
}

/** A response that takes what it is given, and is full when the test says so. */
function createResponse () {
  const calls: unknown[] = []
  const response = Object.assign(new EventEmitter(), {
    destroyed: false,
    isFull: false,
    // What tells a response from other streams.
    flushHeaders () {},
    socket: null,
    write (chunk: Buffer) {
      calls.push(chunk.toString())
      return !response.isFull
    },
    addTrailers: (trailers: object) => calls.push(trailers),
    end: () => calls.push('end'),
  })
  return { calls, response, send: (body: EventStreamBody) => body.pipe(response as unknown as ServerResponse) }
}

t.test('a response is written to without a stream in between: what is here, and then what comes', async t => {
  const { body, calls: asked } = createBody()
  const { response, calls, send } = createResponse()
  body.push(Buffer.from('a'))
  body.push(Buffer.from('b'))
  send(body)
  t.strictSame(calls, ['ab'])
  t.ok(body.push(Buffer.from('c')))
  response.isFull = true
  t.notOk(body.push(Buffer.from('d')), 'the source is told to stop')
  asked.length = 0
  response.emit('drain')
  t.strictSame(asked, ['resume'])
  body.trailers = { 'x-sum': '1' }
  body.push(null)
  t.strictSame(calls, ['ab', 'c', 'd', { 'x-sum': '1' }, 'end'])
  await closeOf(body)
})

t.test('the head of such a response leaves at once, too', async t => {
  const { body } = createBody()
  const { calls, send } = createResponse()
  send(body)
  t.strictSame(calls, [''])
})

t.test('a body that is whole by then is written and ended', async t => {
  const { body } = createBody()
  const { calls, send } = createResponse()
  body.push(Buffer.from('a'))
  body.push(null)
  send(body)
  t.strictSame(calls, ['a', 'end'])
  await closeOf(body)
})

t.test('a response whose client has gone is not written to, and holds nobody up', async t => {
  const { body } = createBody()
  const { response, calls, send } = createResponse()
  send(body)
  response.destroyed = true
  t.ok(body.push(Buffer.from('a')))
  body.push(null)
  t.strictSame(calls, [''])
})

t.test('whatever waits for its end sees an end, and none that broke off', async t => {
  const { body } = createBody()
  const { send } = createResponse()
  send(body)
  body.push(Buffer.from('a'))
  body.push(null)
  await finished(body, { writable: false })
  t.equal(body.readableEnded, true)
})

for (const [name, prepare] of [['has been destroyed', body => body.destroy()], ['has been read', body => { body.push(Buffer.from('a')); body.read() }]] as [string, (body: EventStreamBody) => void][]) {
  t.test(`a body that ${name} takes the stock way`, async t => {
    const { body } = createBody()
    const { response, send } = createResponse()
    prepare(body)
    send(body)
    t.ok(response.listenerCount('unpipe') > 0, 'as `pipe()` does it')
  })
}

t.test('a response that is not to be ended takes the stock way', async t => {
  const { body } = createBody()
  const { response } = createResponse()
  body.pipe(response as unknown as ServerResponse, { end: false })
  t.ok(response.listenerCount('unpipe') > 0)
})
