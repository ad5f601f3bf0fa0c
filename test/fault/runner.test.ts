// The runner that the other tests here rely on has to notice what it is there for.
import type { RequestListener, ServerResponse } from 'node:http'
import t, { type Test } from 'tap'
import { connectRaw } from '../helpers/raw-client.ts'
import { startRawUpstream, startUpstream } from '../helpers/upstreams.ts'
import { startChaos } from './chaos-upstream.ts'
import { openGateway } from './gateway.ts'
import { type LoadResult, runLoad } from './load.ts'
import { createRandom } from './random.ts'
import { RequestTracker } from './request-tracker.ts'
import { createTask, pathOf, readTask, responseBody, responseHead, type Task } from './task.ts'

type Liar = (task: Task, response: ServerResponse, tracker: RequestTracker) => void

/** What the runner says of a gateway that does the same with every request. */
async function judgeLiar (t: Test, lie: Liar, posts = 0): Promise<LoadResult> {
  const tracker = new RequestTracker()
  const origin = await startUpstream(t, readTaskFirst((task, response) => lie(task, response, tracker)))
  return runLoad({
    port: Number(new URL(origin).port),
    tracker,
    random: createRandom(1),
    requests: 5,
    concurrency: 5,
    posts,
    timeout: 200,
  })
}

function readTaskFirst (then: (task: Task, response: ServerResponse) => void): RequestListener {
  return (request, response) => {
    response.setHeader('x-request-id', request.headers['x-request-id'] ?? '')
    request.resume().on('end', () => then(readTask(request.method!, request.url!.slice('/app'.length))!, response))
  }
}

function respondCorrectly (task: Task, response: ServerResponse): void {
  response.setHeader('x-task', task.id)
  response.end(responseBody(task))
}

function sendError (response: ServerResponse, statusCode: number, error: object): void {
  response.writeHead(statusCode, { 'content-type': 'application/json' }).end(JSON.stringify(error))
}

const unreachable = { statusCode: 502, code: 'GW_ERR_UPSTREAM_UNREACHABLE', error: 'Bad Gateway', message: 'no' }

const lies: { name: string, expected: RegExp, posts?: number, lie: Liar }[] = [
  {
    name: 'a wrong byte',
    expected: /has a wrong body of \d+ bytes$/,
    lie (task, response, tracker) {
      tracker.record(task.id)
      const body = Buffer.from(responseBody({ ...task, size: task.size + 1 }))
      body[task.size]! ^= 1
      response.writeHead(200, { 'x-task': task.id }).end(body)
    },
  },
  {
    name: 'a body without its last byte',
    expected: /looks complete with \d+ bytes$/,
    lie (task, response, tracker) {
      tracker.record(task.id)
      response.writeHead(200, { 'x-task': task.id }).end(responseBody({ ...task, size: task.size - 1 }))
    },
  },
  {
    name: 'the response to another request',
    expected: /has the response to task \d+$/,
    lie (task, response, tracker) {
      tracker.record(task.id)
      respondCorrectly({ ...task, id: task.id + 1 }, response)
    },
  },
  {
    name: 'the id of another request',
    expected: /has the id task-0$/,
    lie (task, response, tracker) {
      tracker.record(task.id)
      response.setHeader('x-request-id', 'task-0')
      respondCorrectly(task, response)
    },
  },
  { name: 'a response that no upstream sent', expected: /answered, though no upstream had the request$/, lie: respondCorrectly },
  {
    name: 'a POST that arrives twice',
    expected: /^POST .*: arrived 2 times$/,
    posts: 1,
    lie (task, response, tracker) {
      tracker.record(task.id)
      tracker.record(task.id)
      respondCorrectly(task, response)
    },
  },
  {
    name: 'a GET that arrives three times',
    expected: /^GET .*: arrived 3 times$/,
    lie (task, response, tracker) {
      for (let i = 0; i < 3; i++) tracker.record(task.id)
      respondCorrectly(task, response)
    },
  },
  { name: 'no response', expected: /hangs, without a response$/, lie: () => {} },
  {
    name: 'a response without an end',
    expected: /hangs, after 0 bytes$/,
    lie (task, response) { response.writeHead(200, { 'x-task': task.id }).flushHeaders() },
  },
  { name: 'an error that is not the gateway\'s', expected: /has status 500 and no error of the gateway's/, lie: (_task, response) => { response.writeHead(500).end('oops') } },
  { name: 'an error with the wrong status', expected: /has status 500 and \{/, lie: (_task, response) => sendError(response, 500, unreachable) },
  { name: 'an unknown code', expected: /has status 502 and \{/, lie: (_task, response) => sendError(response, 502, { ...unreachable, code: 'GW_ERR_OTHER' }) },
  {
    name: 'a 503 without Retry-After',
    expected: /has a 503 without Retry-After$/,
    lie: (_task, response) => sendError(response, 503, { ...unreachable, statusCode: 503, code: 'GW_ERR_NO_UPSTREAM' }),
  },
  { name: 'an address', expected: /shows too much/, lie: (_task, response) => sendError(response, 502, { ...unreachable, message: 'connect 127.0.0.1:80' }) },
  { name: 'what an upstream reports', expected: /^a strange request$/, lie: (_task, response, tracker) => { tracker.reportViolation('a strange request'); response.destroy() } },
]

for (const { name, expected, posts, lie } of lies) {
  t.test(`the runner notices ${name}`, async t => {
    const { violations } = await judgeLiar(t, lie, posts)
    t.equal(violations.length, 5)
    for (const violation of violations) t.match(violation, expected)
  })
}

const honest: { name: string, kind: string, lie: Liar }[] = [
  { name: 'a right response', kind: 'answered', lie (task, response, tracker) { tracker.record(task.id); respondCorrectly(task, response) } },
  { name: 'the upstream\'s own 503', kind: 'busy', lie: (_task, response) => { response.writeHead(503).end('busy') } },
  { name: 'an error', kind: 'failed', lie: (_task, response) => sendError(response, 502, unreachable) },
  {
    name: 'a response that breaks off',
    kind: 'broken',
    lie (task, response) {
      response.writeHead(200, { 'x-task': task.id, 'content-length': task.size + 1 }).write(responseBody(task))
      setImmediate(() => response.destroy())
    },
  },
  { name: 'a connection that breaks', kind: 'unanswered', lie: (_task, response) => { response.destroy() } },
]

for (const { name, kind, lie } of honest) {
  t.test(`the runner counts ${name}, and reports no violation`, async t => {
    const { gets, posts, violations } = await judgeLiar(t, lie, 0.5)
    t.strictSame(violations, [])
    t.match(
      { sent: gets.sent + posts.sent, counted: Number(Reflect.get(gets, kind)) + Number(Reflect.get(posts, kind)) },
      { sent: 5, counted: 5 }
    )
  })
}

t.test('the runner sends at a rate, whether or not it is answered', async t => {
  const tracker = new RequestTracker()
  const origin = await startRawUpstream(t, () => {})
  const { gets, violations } = await runLoad({
    port: Number(new URL(origin).port),
    tracker,
    random: createRandom(1),
    rate: 1000,
    requests: 100,
    posts: 0,
    timeout: 300,
  })
  t.strictSame([gets.sent, gets.wrong, violations.length], [100, 100, 100])
})

t.test('the runner sees through a gateway: an upstream with a wrong byte, and one that gets a POST twice', async t => {
  const tracker = new RequestTracker()
  const upstream = await startUpstream(t, (request, response) => {
    request.resume().on('end', () => {
      const task = readTask(request.method!, request.url!)!
      tracker.record(task.id)
      if (task.method === 'POST') tracker.record(task.id)
      const body = Buffer.from(responseBody(task))
      body[0]! ^= 1
      response.writeHead(200, { 'content-type': 'application/octet-stream', 'x-task': task.id }).end(body)
    })
  })
  const { port } = await openGateway(t, upstream)
  const random = createRandom(1)
  const { gets, posts, violations } = await runLoad({ port, tracker, random, requests: 40, posts: 0.5 })
  t.equal(violations.filter(violation => violation.includes('has a wrong body')).length, gets.wrong + posts.wrong)
  t.equal(violations.filter(violation => violation.includes('arrived 2 times')).length, posts.sent)
  t.ok(posts.sent > 0 && gets.wrong > 0)
})

t.test('the runner sees a POST that a gateway sends twice when it is configured to', async t => {
  const tracker = new RequestTracker()
  const upstreams = [await startChaos(t, tracker, createRandom(1)), await startChaos(t, tracker, createRandom(2))]
  upstreams[0]!.behaviour = () => 'reset before the head'
  const { port } = await openGateway(t, upstreams.map(({ origin }) => origin), { retry: { methods: ['GET', 'POST'] } })
  const random = createRandom(1)
  const { violations } = await runLoad({ port, tracker, random, requests: 20, posts: 1, largest: 1000 })
  t.ok(violations.length > 0)
  for (const violation of violations) t.match(violation, /^POST .*: arrived 2 times$/)
})

t.test('the runner sees a GET that a gateway loses when it is configured to send it once', async t => {
  const tracker = new RequestTracker()
  const upstream = await startChaos(t, tracker, createRandom(1))
  upstream.behaviour = () => 'reset on reuse'
  const { port } = await openGateway(t, upstream.origin, { retry: false })
  const { gets, codes, violations } = await runLoad({ port, tracker, random: createRandom(1), requests: 20, posts: 0 })
  t.ok(gets.failed > 0)
  t.strictSame([codes, violations], [{ GW_ERR_UPSTREAM_UNREACHABLE: gets.failed }, []])
})

/** Sends bytes and its end. Resolves to what comes back. */
async function sendBytes (t: Test, port: number, bytes: string): Promise<string> {
  const client = await connectRaw(t, port)
  client.socket.end(bytes)
  return client.closed()
}

t.test('a chaos upstream counts a request from its first line on, complete or not', async t => {
  const tracker = new RequestTracker()
  const upstream = await startChaos(t, tracker, createRandom(1))
  upstream.behaviour = () => 'hang'
  const task = createTask(tracker.issueId(), createRandom(1), { posts: 1 })
  await sendBytes(t, upstream.port, `POST ${pathOf(task)} HTTP/1.1\r`)
  t.equal(tracker.arrivalsOf(task.id), 0)
  await sendBytes(t, upstream.port, `POST ${pathOf(task)} HTTP/1.1\r\n`)
  await sendBytes(t, upstream.port, `POST ${pathOf(task)} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc`)
  t.strictSame([tracker.arrivalsOf(task.id), tracker.violations], [2, []])
})

const malformed = [
  { name: 'no request line', bytes: 'GET  /1/length-0/length-0 HTTP/1.1\r\n\r\n' },
  { name: 'no task', bytes: 'GET /favicon.ico HTTP/1.1\r\n\r\n' },
  { name: 'no host', bytes: 'GET /1/length-0/length-0 HTTP/1.1\r\n\r\n' },
  { name: 'a folded header', bytes: 'GET /1/length-0/length-0 HTTP/1.1\r\nHost: a\r\n b\r\n\r\n' },
  { name: 'two framings', bytes: 'POST /1/length-0/length-1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n' },
  { name: 'a header twice', bytes: 'POST /1/length-0/length-1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n' },
  { name: 'a bad chunk', bytes: 'POST /1/length-0/length-1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n' },
  { name: 'a long chunk', bytes: 'POST /1/length-0/length-1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n' },
  { name: 'another body', bytes: 'POST /1/length-0/length-1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab' },
  { name: 'a second request before the response', bytes: 'GET /1/length-0/length-0 HTTP/1.1\r\nHost: a\r\n\r\nGET /2/length-0/length-0 HTTP/1.1\r\nHost: a\r\n\r\n' },
]

t.test('a chaos upstream reports what no gateway may send', async t => {
  const tracker = new RequestTracker()
  const upstream = await startChaos(t, tracker, createRandom(1))
  upstream.behaviour = () => 'hang'
  for (const { name, bytes } of malformed) {
    await sendBytes(t, upstream.port, bytes)
    t.equal(tracker.violations.splice(0).length, 1, name)
  }
})

t.test('a chaos upstream that stops refuses, and starts again where it was', async t => {
  const tracker = new RequestTracker()
  const upstream = await startChaos(t, tracker, createRandom(1))
  const sendTask = async () => {
    const task = createTask(tracker.issueId(), createRandom(1), { posts: 0 })
    return (await sendBytes(t, upstream.port, `GET ${pathOf(task)} HTTP/1.1\r\nHost: a\r\n\r\n`)).startsWith(responseHead(task))
  }
  t.equal(await sendTask(), true)
  await upstream.stop()
  await t.rejects(sendTask(), { code: 'ECONNREFUSED' })
  await upstream.start()
  t.equal(await sendTask(), true)
})
