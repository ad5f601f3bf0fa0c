import t from 'tap'
import { isEventStream, prepareEventStream } from '../../../lib/event-stream/response-head.ts'
import type { HeaderRecord } from '../../../lib/headers/response.ts'

const types: { name: string, type?: string | string[], expected: boolean }[] = [
  { name: 'the plain type', type: 'text/event-stream', expected: true },
  { name: 'upper case', type: 'TEXT/Event-Stream', expected: true },
  { name: 'a parameter', type: 'text/event-stream; charset=utf-8', expected: true },
  { name: 'a parameter without a space, and white space before', type: ' text/event-stream ;charset=utf-8', expected: true },
  { name: 'a longer subtype', type: 'text/event-streams', expected: false },
  { name: 'as a parameter of another type', type: 'text/plain; x=text/event-stream', expected: false },
  { name: 'another type', type: 'application/json', expected: false },
  { name: 'no type', expected: false },
  { name: 'a list', type: ['text/event-stream', 'text/event-stream'], expected: false },
]

for (const { name, type, expected } of types) {
  t.test(`event stream: ${name}: ${expected}`, async t => {
    t.equal(isEventStream(type === undefined ? {} : { 'content-type': type }), expected)
  })
}

t.test('an event stream is sent without a length, uncached and unbuffered, and otherwise as it came', async t => {
  const headers: HeaderRecord = { 'content-type': 'text/event-stream', 'content-length': '10', 'cache-control': 'max-age=60', 'set-cookie': ['a=1', 'b=2'] }
  prepareEventStream(headers)
  t.strictSame(headers, {
    'content-type': 'text/event-stream', 'cache-control': 'no-cache', 'x-accel-buffering': 'no', 'set-cookie': ['a=1', 'b=2'],
  })
})
