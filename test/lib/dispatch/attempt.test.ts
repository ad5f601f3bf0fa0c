import { type Duplex, duplexPair, Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { ResponseBody } from '../../../lib/downstream/response-body.ts'
import { ClientClosedError } from '../../../lib/errors.ts'
import type { SwitchHead } from '../../../lib/dispatch/response-head.ts'
import type { UpstreamResponse } from '../../../lib/dispatch/response-assembly.ts'
import { Attempt } from '../../../lib/dispatch/attempt.ts'
import { Deadlines } from '../../../lib/collections/deadlines.ts'
import type { UpstreamRequest } from '../../../lib/dispatch/exchange.ts'
import type { ExchangeStep } from '../../../lib/dispatch/exchange-step.ts'
import { RequestBody } from '../../../lib/dispatch/request-body.ts'
import { createClock, createExchange, createLease } from './fakes.ts'
import { createLocation, type LocationChanges } from '../locations.ts'

const TEXT = ['Content-Type', 'text/plain']
const headersOf = (...texts: string[]) => texts.map(text => Buffer.from(text, 'latin1'))

interface Setup extends LocationChanges {
  request?: Partial<UpstreamRequest>
  endsAt?: number
  /** What undici does when it is asked to stop: tells the handler, unless the request is over. */
  tellsError?: boolean
}

/** An attempt, driven by hand as undici would drive it, and everything that it says. */
function createAttempt ({ request = {}, endsAt = Infinity, tellsError = true, ...location }: Setup = {}) {
  const clock = createClock()
  const deadlines = new Deadlines<ExchangeStep>(clock.now, 1_000_000)
  const { exchange } = createExchange(createLocation(location), request)
  exchange.endBy(endsAt)
  const told = {
    answers: [] as UpstreamResponse[],
    failures: [] as Error[],
    endings: [] as { error: Error | null }[],
    switches: [] as { head: SwitchHead; socket: Duplex }[],
    cancelled: [] as (Error | undefined)[],
    resumed: 0,
  }
  const lease = createLease()
  const attempt = new Attempt(exchange, lease, deadlines, clock.now, {
    onResponse: answer => told.answers.push(answer),
    onSwitch: (head, socket) => told.switches.push({ head, socket }),
    onFailure: error => told.failures.push(error),
    onEnd: error => told.endings.push({ error }),
  })
  // As a transport has it, which does not tell of a read when all is over.
  let isOver = false
  const { onComplete, onError } = attempt
  attempt.onComplete = trailers => {
    isOver = true
    onComplete.call(attempt, trailers)
  }
  attempt.onError = error => {
    isOver = true
    onError.call(attempt, error)
  }
  const cancel = (error?: Error) => {
    told.cancelled.push(error)
    if (tellsError) attempt.onError(error!)
  }
  const connect = () => attempt.onConnect(cancel)
  const head = (statusCode: number, ...headers: string[]) => {
    const takesMore = attempt.onHeaders(statusCode, headersOf(...headers), () => { told.resumed++ }, 'Fine')
    if (statusCode >= 200) queueMicrotask(() => { if (!isOver) attempt.onRead() })
    return takesMore
  }
  return { attempt, deadlines, clock, told, connect, head, lease }
}

/** Microtasks have run. */
const settle = setImmediate

t.test('a small answer of one read is handed on whole', async t => {
  const { attempt, told, connect, head, deadlines, clock } = createAttempt()
  connect()
  clock.advance(7)
  t.equal(head(200, ...TEXT, 'Content-Length', '6', 'Set-Cookie', 'a', 'Set-Cookie', 'b'), true)
  t.equal(attempt.onData(Buffer.from('abc')), true)
  t.equal(attempt.onData(Buffer.from('def')), true)
  attempt.onComplete(null)
  await settle()
  t.strictSame(told.answers.map(({ headers, ...rest }) => ({ ...rest, headers: { ...headers } })), [{
    statusCode: 200, statusText: 'Fine', trailer: undefined, isEventStream: false, body: Buffer.from('abcdef'), headers: { 'content-type': 'text/plain', 'content-length': '6', 'set-cookie': ['a', 'b'] },
  }])
  t.strictSame(told.endings, [{ error: null }])
  t.equal(attempt.latency, 7)
  t.strictSame(told.failures, [])
  t.equal([...deadlines].length, 0)
})

t.test('the only chunk of an answer is not copied', async t => {
  const { attempt, told, connect, head } = createAttempt()
  const chunk = Buffer.from('abc')
  connect()
  head(200, ...TEXT, 'Content-Length', '3')
  attempt.onData(chunk)
  attempt.onComplete(null)
  await settle()
  t.equal(told.answers[0]!.body, chunk)
})

const streamed: { name: string, headers: string[], chunks?: Buffer[] }[] = [
  { name: 'without a length', headers: TEXT },
  { name: 'without a type, for Fastify would add one', headers: ['Content-Length', '3'] },
  { name: 'with a type that is none, for Fastify would replace it', headers: ['Content-Length', '3', 'Content-Type', 'nonsense'] },
  { name: 'with two types', headers: ['Content-Length', '3', ...TEXT, ...TEXT] },
  { name: 'that is big', headers: [...TEXT, 'Content-Length', '70000'], chunks: [Buffer.alloc(40_000, 'a'), Buffer.alloc(30_000, 'b')] },
  { name: 'to HTTP 205, which may lie about having a body', headers: [], chunks: [] },
]

for (const { name, headers, chunks = [Buffer.from('abc')] } of streamed) {
  t.test(`an answer ${name} is handed on as a stream`, async t => {
    const { attempt, told, connect, head } = createAttempt()
    connect()
    head(headers.length === 0 ? 205 : 200, ...headers)
    for (const chunk of chunks) attempt.onData(chunk)
    attempt.onComplete(null)
    await settle()
    const { body } = told.answers[0]!
    t.type(body, ResponseBody)
    t.ok(Buffer.concat(await (body as ResponseBody).toArray()).equals(Buffer.concat(chunks)))
  })
}

const empty: { name: string, method?: string, statusCode: number, headers: string[], expected: object }[] = [
  { name: 'to HEAD keeps its length', method: 'HEAD', statusCode: 200, headers: [...TEXT, 'Content-Length', '3'], expected: { 'content-type': 'text/plain', 'content-length': '3' } },
  { name: '304 keeps its length', statusCode: 304, headers: ['Content-Length', '3'], expected: { 'content-length': '3' } },
  { name: '204 has none', statusCode: 204, headers: ['Content-Length', '0', 'ETag', 'x'], expected: { etag: 'x' } },
]

for (const { name, method = 'GET', statusCode, headers } of empty) {
  t.test(`an answer without a body is whole with its head, whatever becomes of the connection: ${name}`, async t => {
    const { attempt, told, connect, head, deadlines } = createAttempt({ request: { method } })
    connect()
    head(statusCode, ...headers)
    // undici holds a 304 to its content-length.
    attempt.onError(Object.assign(new Error('x'), { code: 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' }))
    await settle()
    t.match(told, { answers: [{ statusCode, body: null }], failures: [], endings: [{ error: null }] })
    t.strictSame([told.failures.length, told.endings.length, [...deadlines].length], [0, 1, 0])
  })
}

for (const { name, method = 'GET', statusCode, headers, expected } of empty) {
  t.test(`an answer without a body: ${name}`, async t => {
    const { attempt, told, connect, head } = createAttempt({ request: { method } })
    connect()
    head(statusCode, ...headers)
    attempt.onComplete(null)
    await settle()
    t.equal(told.answers[0]!.body, null)
    t.strictSame({ ...told.answers[0]!.headers }, expected)
  })
}

t.test('an answer whose body is not here yet is handed on at once, and its body as it comes', async t => {
  const { attempt, told, connect, head, deadlines } = createAttempt()
  connect()
  head(200, ...TEXT, 'Content-Length', '6')
  attempt.onData(Buffer.from('abc'))
  await settle()
  const body = told.answers[0]!.body as ResponseBody
  t.equal(body.read().toString(), 'abc')
  t.strictSame(told.endings, [], 'it goes on')
  attempt.onData(Buffer.from('def'))
  attempt.onComplete(null)
  t.equal((await body.toArray()).toString(), 'def')
  t.match(told.endings, [{ error: null }])
  t.equal([...deadlines].length, 0)
})

t.test('a client that does not read stops the upstream, and starts it again', async t => {
  const { attempt, told, connect, head } = createAttempt()
  connect()
  head(200)
  await settle()
  const body = told.answers[0]!.body as ResponseBody
  t.equal(attempt.onData(Buffer.alloc(60_000)), true)
  t.equal(attempt.onData(Buffer.alloc(60_000)), false)
  await settle()
  const before = told.resumed
  body.resume()
  await settle()
  t.ok(told.resumed > before)
})

t.test('a connection that may serve another request by now is not touched any more', async t => {
  const { attempt, told, connect, head } = createAttempt()
  connect()
  head(200)
  await settle()
  const body = told.answers[0]!.body as ResponseBody
  attempt.onData(Buffer.from('abc'))
  attempt.onComplete(null)
  const { resumed } = told
  attempt.resume()
  body.resume()
  await settle()
  attempt.abort(new Error('late'))
  t.strictSame([told.resumed - resumed, told.cancelled], [0, []])
})

t.test('too many interim responses are a bad response', async t => {
  const { connect, head } = createAttempt()
  connect()
  for (let i = 0; i < 1000; i++) head(103, 'Link', '</a>')
  t.throws(() => head(103, 'Link', '</a>'), { code: 'GW_ERR_BAD_UPSTREAM_RESPONSE' })
})

t.test('interim answers are left out', async t => {
  const { attempt, told, connect, head } = createAttempt()
  connect()
  t.equal(head(103, 'Link', '</a>'), true)
  await settle()
  t.strictSame(told.answers, [])
  head(204)
  attempt.onComplete(null)
  await settle()
  t.match(told.answers, [{ statusCode: 204 }])
})

for (const statusCode of [0, 99, 101, 600, 999]) {
  t.test(`a status ${statusCode} is not an answer`, async t => {
    const { told, connect, head } = createAttempt()
    connect()
    t.throws(() => head(statusCode), { code: 'GW_ERR_BAD_UPSTREAM_RESPONSE' })
    await settle()
    t.strictSame(told.answers, [])
  })
}

const failures: { name: string, act: (attempt: ReturnType<typeof createAttempt>) => void }[] = [
  { name: 'before a connection', act: ({ attempt }) => attempt.onError(new Error('x')) },
  { name: 'before an answer', act: ({ attempt, connect }) => { connect(); attempt.onError(new Error('x')) } },
  { name: 'in the same read as its head', act: ({ attempt, connect, head }) => { connect(); head(200); attempt.onData(Buffer.from('a')); attempt.onError(new Error('x')) } },
  { name: 'twice', act: ({ attempt }) => { attempt.onError(new Error('x')); attempt.onError(new Error('y')) } },
]

for (const { name, act } of failures) {
  t.test(`a failure ${name} is a failure, once`, async t => {
    const setup = createAttempt()
    setup.clock.advance(5)
    act(setup)
    await settle()
    t.match(setup.told, { answers: [], failures: [{ message: 'x' }], endings: [{ error: { message: 'x' } }] })
    t.strictSame([setup.told.failures.length, setup.told.endings.length, [...setup.deadlines].length], [1, 1, 0])
    t.equal(setup.attempt.latency, 5)
  })
}

t.test('an answer that breaks off breaks off, with an error that may be shown', async t => {
  const { attempt, told, connect, head, deadlines } = createAttempt()
  connect()
  head(200, ...TEXT, 'Content-Length', '6')
  await settle()
  const body = told.answers[0]!.body as ResponseBody
  const cause = new Error('read ECONNRESET 10.0.0.5')
  attempt.onError(cause)
  await settle()
  t.match(body.errored, { code: 'GW_ERR_UPSTREAM_UNREACHABLE', statusCode: 502, cause })
  t.match(told, { failures: [], endings: [{ error: cause }] })
  t.equal([...deadlines].length, 0)
})

t.test('a client that leaves in the middle of the body stops the upstream', async t => {
  const { told, connect, head } = createAttempt()
  connect()
  head(200)
  await settle()
  ;(told.answers[0]!.body as ResponseBody).destroy()
  t.match(told.cancelled, [{ code: 'GW_ERR_CLIENT_CLOSED' }])
  t.match(told.endings, [{ error: { code: 'GW_ERR_CLIENT_CLOSED' } }])
  t.strictSame(told.failures, [])
})

for (const tellsError of [true, false]) {
  t.test(`an attempt that is aborted ends at once${tellsError ? '' : ', also when undici has nothing to say'}`, async t => {
    const { attempt, told, connect, deadlines } = createAttempt({ tellsError })
    const error = new Error('stop')
    connect()
    attempt.abort(error)
    attempt.abort(new Error('again'))
    t.strictSame(told, {
      answers: [],
      failures: [error],
      endings: [{ error }],
      switches: [],
      cancelled: [error],
      resumed: 0,
    })
    t.equal([...deadlines].length, 0)
  })
}

t.test('an answer that still completes after that changes nothing', async t => {
  const { attempt, told, connect, head } = createAttempt({ tellsError: false })
  connect()
  head(200, ...TEXT, 'Content-Length', '0')
  attempt.abort(new Error('stop'))
  attempt.onComplete(null)
  await settle()
  t.match(told, { answers: [], failures: [{ message: 'stop' }], endings: [{ error: { message: 'stop' } }] })
  t.equal(told.endings.length, 1)
})

t.test('an attempt that is aborted before it has a connection gives it back when it comes', async t => {
  const { attempt, told, connect, deadlines } = createAttempt()
  attempt.abort()
  t.match(told.failures, [{ code: 'GW_ERR_CLIENT_CLOSED' }])
  connect()
  t.match(told.cancelled, [{ code: 'GW_ERR_CLIENT_CLOSED' }])
  t.equal(told.endings.length, 1)
  t.strictSame([attempt.deadline, [...deadlines].length], [Infinity, 0])
})

// Deadlines: headers 100, body 50, stream 0; the clock stands at 1000.

t.test('before there is a connection only the whole exchange has a deadline', async t => {
  t.equal(createAttempt().attempt.deadline, Infinity)
  t.equal(createAttempt({ endsAt: 1234 }).attempt.deadline, 1234)
})

t.test('the wait for the head counts from the connection, and then from what was sent last', async t => {
  const { attempt, clock, connect } = createAttempt()
  connect()
  t.equal(attempt.deadline, 1100)
  clock.advance(30)
  attempt.onBodySent()
  t.equal(attempt.deadline, 1130)
})

t.test('the wait for the body counts from the last chunk', async t => {
  const { attempt, clock, connect, head } = createAttempt()
  connect()
  head(200)
  t.equal(attempt.deadline, 1050)
  clock.advance(20)
  attempt.onData(Buffer.from('a'))
  t.equal(attempt.deadline, 1070)
})

t.test('an event stream waits as long as it is told', async t => {
  const forever = createAttempt()
  forever.connect()
  forever.head(200, 'Content-Type', 'Text/Event-Stream; charset=utf-8')
  t.equal(forever.attempt.deadline, Infinity)
  const limited = createAttempt({ timeouts: { stream: 70 } })
  limited.connect()
  limited.head(200, 'Content-Type', 'text/event-stream')
  t.equal(limited.attempt.deadline, 1070)
})

t.test('an upload that goes on below an answer does not bring back the deadline of its head', async t => {
  const { attempt, connect, head } = createAttempt()
  connect()
  head(200, 'Content-Type', 'text/event-stream')
  attempt.onBodySent()
  t.equal(attempt.deadline, Infinity)
})

t.test('the end of the whole exchange comes first', async t => {
  const { attempt, connect, head } = createAttempt({ endsAt: 1020 })
  connect()
  t.equal(attempt.deadline, 1020)
  head(200)
  t.equal(attempt.deadline, 1020)
})

t.test('a client that does not read has three times the time of a body, and then the upstream has its own again', async t => {
  const { attempt, clock, told, connect, head } = createAttempt({ timeouts: { body: 50, stream: 700 } })
  connect()
  head(200, 'Content-Type', 'text/event-stream')
  await settle()
  t.equal(attempt.deadline, 1700)
  attempt.onData(Buffer.alloc(70_000))
  t.equal(attempt.deadline, 1150)
  clock.advance(40)
  ;(told.answers[0]!.body as ResponseBody).resume()
  await settle()
  t.equal(attempt.deadline, 1740)
})

t.test('a client that does not read its answer is given up, and the upstream is not to blame', async t => {
  const { attempt, told, deadlines, clock, connect, head } = createAttempt()
  connect()
  head(200)
  await settle()
  attempt.onData(Buffer.alloc(70_000))
  clock.advance(149)
  deadlines.tick()
  t.strictSame(told.endings, [])
  clock.advance(1)
  deadlines.tick()
  t.match(told.endings, [{ error: { code: 'GW_ERR_BAD_REQUEST', statusCode: 408 } }])
  t.match(told.cancelled, [{ code: 'GW_ERR_BAD_REQUEST' }])
  t.ok((told.answers[0]!.body as ResponseBody).destroyed)
})

t.test('the time is up: the attempt is aborted', async t => {
  const { told, deadlines, clock, connect } = createAttempt()
  connect()
  clock.advance(99)
  deadlines.tick()
  t.strictSame(told.failures, [])
  clock.advance(1)
  deadlines.tick()
  t.match(told, { cancelled: [{ code: 'GW_ERR_UPSTREAM_TIMEOUT' }], failures: [{ code: 'GW_ERR_UPSTREAM_TIMEOUT', statusCode: 504 }] })
  t.equal(told.failures.length, 1)
  t.equal([...deadlines].length, 0)
})

/** An upload of which the client has sent nothing yet. */
function startUpload () {
  const source = new Readable({ read () {} })
  const body = new RequestBody(source)
  body.resume()
  return { source, body }
}

t.test('an upload that is slow is waited for, as the upstream cannot answer before it', async t => {
  const { body, source } = startUpload()
  const { told, deadlines, clock, connect } = createAttempt({ request: { body }, timeouts: { body: 80 } })
  connect()
  for (let i = 0; i < 20; i++) {
    source.push(Buffer.alloc(64))
    await settle()
    clock.advance(20)
    deadlines.tick()
  }
  t.strictSame(told.failures, [])
})

t.test('an upload that stalls is aborted: the client is notified, and the upstream disconnected', async t => {
  const { body } = startUpload()
  const { told, deadlines, clock, connect } = createAttempt({ request: { body }, timeouts: { body: 80 } })
  connect()
  await settle()
  for (let i = 0; i < 5; i++) {
    clock.advance(20)
    deadlines.tick()
  }
  t.match(told.failures, [{ code: 'GW_ERR_BAD_REQUEST', statusCode: 408 }])
  t.match(told.cancelled, [{ code: 'GW_ERR_BAD_REQUEST' }])
})

const notWaited: {
  name: string
  endsAt?: number
  prepare: (setup: ReturnType<typeof startUpload> & ReturnType<typeof createAttempt>) => void
}[] = [
  { name: 'when the whole exchange is over', endsAt: 1100, prepare: () => {} },
  { name: 'when the upload has ended', prepare: ({ source }) => source.push(null) },
  {
    name: 'when it is the upstream that does not read',
    prepare: ({ source, body }) => {
      body.pause()
      source.push(Buffer.alloc(70_000))
    },
  },
  {
    name: 'when the upstream has answered already',
    prepare: ({ head }) => {
      head(200)
    },
  },
]

for (const { name, endsAt = Infinity, prepare } of notWaited) {
  t.test(`an upload is not waited for ${name}`, async t => {
    const upload = startUpload()
    const setup = createAttempt({ request: { body: upload.body }, endsAt, timeouts: { body: 100 } })
    setup.connect()
    await settle()
    prepare({ ...upload, ...setup })
    await settle()
    setup.clock.advance(100)
    setup.deadlines.tick()
    t.match(setup.told.endings, [{ error: { code: 'GW_ERR_UPSTREAM_TIMEOUT' } }])
  })
}

const STREAM = ['Content-Type', 'text/event-stream']

t.test('an event stream that is to end ends between two events, and its upstream is left', async t => {
  const { attempt, told, connect, head, deadlines } = createAttempt()
  connect()
  head(200, ...STREAM)
  await settle()
  attempt.onData(Buffer.from('data: 1\n\ndata: '))
  attempt.endStream()
  t.strictSame(told.endings, [], 'not in the middle of one')
  attempt.onData(Buffer.from('2\n\ndata: 3\n\n'))
  t.match(told.endings, [{ error: null }])
  t.match(told.cancelled, [{ code: 'GW_ERR_CLIENT_CLOSED' }])
  const chunks = await (told.answers[0]!.body as ResponseBody).toArray()
  t.equal(Buffer.concat(chunks).toString(), 'data: 1\n\ndata: 2\n\n')
  t.equal([...deadlines].length, 0)
})

t.test('an event stream that is between two events ends at once', async t => {
  const { attempt, told, connect, head } = createAttempt()
  connect()
  head(200, ...STREAM)
  await settle()
  attempt.onData(Buffer.from('data: 1\n\n'))
  attempt.endStream()
  attempt.endStream()
  t.equal(told.endings.length, 1)
  t.equal(Buffer.concat(await (told.answers[0]!.body as ResponseBody).toArray()).toString(), 'data: 1\n\n')
})

t.test('an event stream that begins when none is wanted any more ends with its head', async t => {
  const { attempt, told, connect, head } = createAttempt()
  connect()
  attempt.endStream()
  head(200, ...STREAM)
  await settle()
  t.match(told.endings, [{ error: null }])
  t.equal((await (told.answers[0]!.body as ResponseBody).toArray()).length, 0)
})

const untouched: { name: string, headers: string[] }[] = [
  { name: 'a packed event stream, whose events cannot be seen', headers: [...STREAM, 'Content-Encoding', 'gzip'] },
  { name: 'any other answer', headers: [...TEXT, 'Content-Length', '20'] },
]

for (const { name, headers } of untouched) {
  t.test(`the end of event streams does not touch ${name}`, async t => {
    const { attempt, told, connect, head } = createAttempt()
    connect()
    head(200, ...headers)
    await settle()
    attempt.onData(Buffer.from('data: 1\n\n'))
    attempt.endStream()
    attempt.onData(Buffer.from('data: 2\n\n'))
    t.strictSame(told.endings, [])
    attempt.onComplete(null)
    t.equal(Buffer.concat(await (told.answers[0]!.body as ResponseBody).toArray()).toString(), 'data: 1\n\ndata: 2\n\n')
  })
}

t.test('an attempt knows whether it had a connection', async t => {
  const { attempt, connect } = createAttempt()
  t.equal(attempt.hasConnected, false)
  connect()
  t.equal(attempt.hasConnected, true)
})

t.test('its lease is released when the connection is free, or has ended', async t => {
  const { attempt, connect, head, lease } = createAttempt()
  connect()
  head(304, 'Content-Length', '5')
  t.equal(lease.released, 0, 'the answer is whole, and its connection still busy')
  attempt.onComplete(null)
  t.equal(lease.released, 1)
})

const beforeConnection: { name: string, error: Error, reported: string[] }[] = [
  { name: 'is refused', error: Object.assign(new Error('no'), { code: 'ECONNREFUSED' }), reported: ['local-error'] },
  { name: 'is not needed any more', error: new ClientClosedError(), reported: ['neutral'] },
]

for (const { name, error, reported } of beforeConnection) {
  t.test(`an attempt that is aborted before its connection keeps its lease until that ${name}`, async t => {
    const { attempt, told, lease } = createAttempt()
    attempt.abort()
    t.strictSame([told.failures.length, lease.released, lease.reported], [1, 0, []])
    attempt.onError(error)
    t.strictSame([told.failures.length, lease.released, lease.reported], [1, 1, reported])
  })
}

t.test('the end of the whole exchange is held against an upstream that had most of its time, and only then', async t => {
  const rows = [
    { name: 'all of it', waited: 0, isBlameless: false },
    { name: 'half of it', waited: 50, isBlameless: false },
    { name: 'less', waited: 60, isBlameless: true },
  ]
  for (const { name, waited, isBlameless } of rows) {
    const { attempt, told, clock, deadlines, connect } = createAttempt({
      timeouts: { request: 100, headers: 0 },
      endsAt: 1100 - waited,
    })
    connect()
    clock.advance(100 - waited)
    deadlines.tick()
    t.match(told.failures, [{ code: 'GW_ERR_UPSTREAM_TIMEOUT' }], name)
    t.equal(attempt.isBlameless, isBlameless, name)
  }
})

// Switches of protocols.

const SWITCH = ['Connection', 'Upgrade', 'Upgrade', 'websocket', 'Sec-WebSocket-Accept', 'abc']

t.test('a switch to the requested protocol passes on its head and the connection, and ends the attempt', async t => {
  const { attempt, told, connect, clock, deadlines, lease } = createAttempt({ request: { upgrade: 'websocket' } })
  const [socket] = duplexPair()
  connect()
  clock.advance(7)
  attempt.onUpgrade(101, headersOf(...SWITCH), socket)
  await settle()
  t.match(told.switches, [{ head: { statusCode: 101, protocol: 'websocket', headers: { 'sec-websocket-accept': 'abc' } } }])
  t.equal(told.switches[0]!.socket, socket)
  t.strictSame([told.switches.length, told.answers, told.failures, told.endings], [1, [], [], [{ error: null }]])
  t.strictSame([attempt.latency, [...deadlines].length, lease.released, socket.destroyed], [7, 0, 0, false], 'the lease is the tunnel\'s now')
  clock.advance(1)
  t.equal(attempt.latency, 7)
})

t.test('a switch has ended the attempt before the listener is called', async t => {
  const { attempt, told, connect } = createAttempt({ request: { upgrade: 'websocket' } })
  connect()
  let hasEnded: boolean | undefined
  told.switches.push = () => {
    hasEnded = attempt.hasEnded
    return 0
  }
  attempt.onUpgrade(101, headersOf(...SWITCH), duplexPair()[0])
  t.equal(hasEnded, true)
})

t.test('an attempt that has switched cannot be aborted any more', async t => {
  const { attempt, told, connect } = createAttempt({ request: { upgrade: 'websocket' } })
  const [socket] = duplexPair()
  connect()
  attempt.onUpgrade(101, headersOf(...SWITCH), socket)
  attempt.abort(new Error('late'))
  t.strictSame([told.failures, told.cancelled, told.endings, socket.destroyed], [[], [], [{ error: null }], false])
})

const noSwitches: { name: string, upgrade: string | null, statusCode?: number, headers: string[] }[] = [
  { name: 'that was not requested', upgrade: null, headers: SWITCH },
  { name: 'to something else', upgrade: 'echo/1', headers: SWITCH },
  { name: 'with another status', upgrade: 'websocket', statusCode: 200, headers: SWITCH },
]

for (const { name, upgrade, statusCode = 101, headers } of noSwitches) {
  t.test(`a switch ${name} is a bad answer, and its connection is closed`, async t => {
    const { attempt, told, connect, deadlines, lease } = createAttempt({ request: { upgrade } })
    const [socket] = duplexPair()
    connect()
    attempt.onUpgrade(statusCode, headersOf(...headers), socket)
    await settle()
    t.ok(socket.destroyed)
    t.match(told, { failures: [{ code: 'GW_ERR_BAD_UPSTREAM_RESPONSE', statusCode: 502 }], endings: [{ error: { code: 'GW_ERR_BAD_UPSTREAM_RESPONSE' } }] })
    t.strictSame([told.failures.length, told.endings.length, told.switches, told.answers], [1, 1, [], []])
    t.strictSame([[...deadlines].length, lease.released], [0, 1])
  })
}
