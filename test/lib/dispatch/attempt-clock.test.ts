import { once } from 'node:events'
import { Readable } from 'node:stream'
import t from 'tap'
import type { Timeouts } from '../../../lib/location.ts'
import { MIN_BYTES } from '../../../lib/dispatch/upload-monitor.ts'
import { AttemptClock } from '../../../lib/dispatch/attempt-clock.ts'
import { RequestBody } from '../../../lib/dispatch/request-body.ts'
import { createClock } from './fakes.ts'

/** With a clock that stands at 1000. `waitUntil` moves it, and looks. */
function createAttemptClock ({ endsAt = Infinity, ...timeouts }: Partial<Timeouts> & { endsAt?: number } = {}) {
  const clock = createClock()
  const attemptClock = new AttemptClock(
    { connect: 10, headers: 100, body: 40, stream: 0, request: 0, ...timeouts },
    endsAt,
    clock.now
  )
  const waitUntil = (time: number) => {
    clock.advance(time - clock.now())
    return attemptClock.check(time)
  }
  return { clock, attemptClock, waitUntil }
}

/** An upload that waits for its client, who has sent nothing. */
function createUpload (): { source: Readable, body: RequestBody } {
  const source = new Readable({ read () {} })
  const body = new RequestBody(source)
  body.read(0)
  return { source, body }
}

const expectations: { name: string, timeout: number, endsAt: number, deadline: number }[] = [
  { name: 'its own time', timeout: 100, endsAt: Infinity, deadline: 1100 },
  { name: 'its own time, before the exchange\'s', timeout: 100, endsAt: 1101, deadline: 1100 },
  { name: 'the exchange\'s time, when that is shorter', timeout: 100, endsAt: 1050, deadline: 1050 },
  { name: 'the exchange\'s time, when it has none of its own', timeout: 0, endsAt: 1050, deadline: 1050 },
  { name: 'for ever', timeout: 0, endsAt: Infinity, deadline: Infinity },
]

for (const { name, timeout, endsAt, deadline } of expectations) {
  t.test(`an upstream has ${name}`, async t => {
    const { attemptClock, waitUntil } = createAttemptClock({ endsAt, headers: timeout })
    t.equal(attemptClock.deadline, endsAt, 'before anything is expected')
    attemptClock.awaitHead()
    t.equal(attemptClock.deadline, deadline)
    const last = Math.min(deadline, 1_000_000)
    t.equal(waitUntil(last - 1), undefined)
    t.equal(attemptClock.deadline, deadline, 'an early look moves nothing')
    t.equal(waitUntil(last), deadline === Infinity ? undefined : 'upstream')
  })
}

t.test('what comes in time gives it the whole time again', async t => {
  const { attemptClock, waitUntil } = createAttemptClock()
  attemptClock.awaitHead()
  t.equal(waitUntil(1099), undefined)
  attemptClock.awaitHead()
  t.equal(attemptClock.deadline, 1199)
  t.equal(waitUntil(1198), undefined)
  t.equal(waitUntil(1199), 'upstream')
})

t.test('a client that does not read the response has three times the time of a body, and is the cause itself', async t => {
  const { attemptClock, waitUntil } = createAttemptClock({ headers: 1000 })
  attemptClock.awaitHead()
  attemptClock.awaitReader()
  t.equal(attemptClock.deadline, 1120)
  t.equal(waitUntil(1119), undefined)
  t.equal(waitUntil(1120), 'reader')
})

t.test('when a client reads on, the upstream has its time again', async t => {
  const { attemptClock, waitUntil } = createAttemptClock()
  attemptClock.receiveHead(false)
  attemptClock.awaitReader()
  t.equal(waitUntil(1039), undefined)
  attemptClock.awaitBody()
  t.equal(waitUntil(1079), 'upstream')
})

t.test('without the time of a body, a client may read as slowly as it likes', async t => {
  const { attemptClock, waitUntil } = createAttemptClock({ body: 0 })
  attemptClock.awaitHead()
  attemptClock.awaitReader()
  t.equal(attemptClock.deadline, Infinity)
  t.equal(waitUntil(1_000_000), undefined)
})

t.test('when the exchange must be over, an upstream is to blame only if it was its turn', async t => {
  const reading = createAttemptClock({ endsAt: 1040 })
  reading.attemptClock.awaitReader()
  t.equal(reading.waitUntil(1040), 'exchange')

  const sending = createAttemptClock({ endsAt: 1040 })
  sending.attemptClock.watchUpload(createUpload().body)
  sending.attemptClock.awaitHead()
  t.equal(sending.waitUntil(1040), 'exchange')

  const answering = createAttemptClock({ endsAt: 1040 })
  answering.attemptClock.awaitHead()
  t.equal(answering.waitUntil(1040), 'upstream')
})

t.test('a client that stops sending is the cause, long before the upstream would be', async t => {
  const { attemptClock, waitUntil } = createAttemptClock()
  attemptClock.watchUpload(createUpload().body)
  attemptClock.awaitHead()
  t.equal(attemptClock.deadline, 1010, 'a quarter of its time')
  for (const time of [1010, 1020, 1030]) t.equal(waitUntil(time), undefined)
  t.equal(waitUntil(1040), 'sender')
})

t.test('while the client sends, the upstream cannot be late', async t => {
  const { attemptClock, waitUntil } = createAttemptClock()
  const { body } = createUpload()
  attemptClock.watchUpload(body)
  attemptClock.awaitHead()
  for (let time = 1010; time <= 1500; time += 10) {
    body.received += MIN_BYTES
    t.equal(waitUntil(time), undefined)
    t.equal(attemptClock.deadline, time + 10)
  }
  body.isStarved = false
  t.equal(waitUntil(1599), undefined)
  t.equal(waitUntil(1600), 'upstream', 'it has had its whole time since it was last the client\'s turn')
})

t.test('without the time of a body, the upstream is not late either', async t => {
  const { attemptClock, waitUntil } = createAttemptClock({ body: 0 })
  attemptClock.watchUpload(createUpload().body)
  attemptClock.awaitHead()
  t.equal(attemptClock.deadline, 1100)
  for (const time of [1100, 1200, 1300]) {
    t.equal(waitUntil(time), undefined)
    t.equal(attemptClock.deadline, time + 100)
  }
})

t.test('an upstream that does not take an upload is late', async t => {
  const { attemptClock, waitUntil } = createAttemptClock()
  const { body } = createUpload()
  body.isStarved = false
  attemptClock.watchUpload(body)
  attemptClock.awaitHead()
  for (let time = 1010; time < 1100; time += 10) {
    t.equal(waitUntil(time), undefined)
    t.equal(attemptClock.deadline, time + 10)
  }
  t.equal(waitUntil(1100), 'upstream')
})

t.test('an upload that is complete does not wait for the client any more', async t => {
  const { attemptClock, waitUntil } = createAttemptClock()
  const { source, body } = createUpload()
  attemptClock.watchUpload(body)
  attemptClock.awaitHead()
  source.push(null)
  body.resume()
  await once(body, 'end')
  body.isStarved = true
  t.equal(waitUntil(1099), undefined)
  t.equal(waitUntil(1100), 'upstream')
})

t.test('beside a response, an upload is not checked', async t => {
  const { attemptClock, waitUntil } = createAttemptClock({ stream: 500 })
  attemptClock.watchUpload(createUpload().body)
  attemptClock.awaitHead()
  attemptClock.receiveHead(true)
  t.equal(attemptClock.deadline, 1500)
  t.equal(waitUntil(1499), undefined)
  t.equal(waitUntil(1500), 'upstream')
})
