import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import net, { type Socket } from 'node:net'
import { duplexPair, PassThrough } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { RetryRule } from '../../../lib/location.ts'
import { type ResponseBody } from '../../../lib/downstream/response-body.ts'
import type { UpstreamResponse } from '../../../lib/dispatch/response-assembly.ts'
import { RequestBody } from '../../../lib/dispatch/request-body.ts'
import { startRawUpstream, startUpstream } from '../../helpers/upstreams.ts'
import { createDispatcher, dispatch, inFlightOf, locationOf, textOf } from './dispatch.ts'
import { closeOf, createExchange } from './fakes.ts'
import { createTarget, type LocationChanges } from '../locations.ts'
import { read } from '../tunnel/ends.ts'

const RETRY: RetryRule = { attempts: 1, methods: ['GET', 'HEAD', 'OPTIONS'], statusCodes: [], maxBodyBytes: 65_536, budget: { percent: 20, minPerSecond: 10 } }
const OUTLIER = {
  consecutive5xx: 5,
  consecutiveLocalErrors: 1,
  baseEjectionTime: 50,
  maxEjectionTime: 50,
  maxEjectionPercent: 100,
  panicThreshold: 0,
}

/** A port that refuses connections: it had been somebody's a moment ago. */
async function refusedOrigin (): Promise<string> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  server.close()
  await once(server, 'close')
  return `http://127.0.0.1:${port}`
}

/** Answers with its name, and keeps what it was asked. */
async function startNamed (t: Test, name: string): Promise<{ origin: string, seen: string[] }> {
  const seen: string[] = []
  const origin = await startUpstream(t, async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    seen.push(`${request.method} ${request.url}${body === '' ? '' : ` ${body}`}`)
    response.setHeader('content-type', 'text/plain').end(name)
  })
  return { origin, seen }
}

/** Resets every connection once it has had some of a request, or all of it, and counts. */
async function startResetting (t: Test): Promise<{ origin: string, count: () => number }> {
  let count = 0
  const origin = await startRawUpstream(t, socket => socket.once('data', () => {
    count++
    socket.resetAndDestroy()
  }))
  return { origin, count: () => count }
}

function dispatcherTo (t: Test, origins: string[], changes: LocationChanges = {}) {
  return createDispatcher(
    t,
    locationOf({ retry: RETRY, ...changes, upstreams: origins.map(origin => createTarget(origin)) })
  )
}

const nothingLeft = (dispatcher: ReturnType<typeof createDispatcher>) => [
  inFlightOf(dispatcher),
  dispatcher.pool.admitPending(),
]

for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH']) {
  t.test(`${method} to an upstream that refuses the connection goes to another one`, async t => {
    const fine = await startNamed(t, 'fine')
    const dispatcher = dispatcherTo(t, [await refusedOrigin(), fine.origin])
    const body = method === 'GET' ? null : Buffer.from('abc')
    const { exchange, result } = dispatch(dispatcher, { method, path: '/x', body })
    t.equal(await textOf(await result), 'fine')
    t.strictSame([fine.seen, exchange.retries, exchange.upstream], [[`${method} /x${body === null ? '' : ' abc'}`], 1, dispatcher.pool.upstreams[1]])
    t.strictSame(nothingLeft(dispatcher), [0, 0])
  })
}

t.test('an upload that has not begun goes to another one, too, byte for byte', async t => {
  const fine = await startNamed(t, 'fine')
  const dispatcher = dispatcherTo(t, [await refusedOrigin(), fine.origin])
  const source = new PassThrough()
  const { result } = dispatch(dispatcher, { method: 'POST', body: new RequestBody(source) })
  source.write('abc')
  await setTimeout(20)
  source.end('def')
  t.equal(await textOf(await result), 'fine')
  t.strictSame(fine.seen, ['POST / abcdef'])
})

t.test('a name that does not resolve, and a certificate that is not accepted, go to another one', async t => {
  const fine = await startNamed(t, 'fine')
  for (const bad of ['http://no-such-host.invalid:80', fine.origin.replace('http:', 'https:')]) {
    const dispatcher = dispatcherTo(t, [bad, fine.origin])
    t.equal(await textOf(await dispatch(dispatcher, { method: 'POST', body: Buffer.from('x') }).result), 'fine', bad)
  }
})

t.test('what an upstream may have acted on is repeated for the methods of retry only', async t => {
  for (const [method, arrivals] of [['GET', 1], ['OPTIONS', 1], ['POST', 0], ['PUT', 0], ['get', 0]] as const) {
    const resetting = await startResetting(t)
    const fine = await startNamed(t, 'fine')
    const dispatcher = dispatcherTo(t, [resetting.origin, fine.origin])
    const result = await dispatch(dispatcher, { method }).result
    if (arrivals === 1) t.equal(await textOf(result), 'fine', method)
    else t.match(result, { code: 'GW_ERR_UPSTREAM_UNREACHABLE' }, method)
    t.strictSame([resetting.count(), fine.seen.length], [1, arrivals], method)
  }
})

t.test('a body that was kept is sent again, and one that was not ends it', async t => {
  const rows = [
    { name: 'kept', body: Buffer.from('abc'), maxBodyBytes: 3, arrivals: ['PUT / abc'] },
    { name: 'longer than maxBodyBytes', body: Buffer.from('abc'), maxBodyBytes: 2, arrivals: [] },
    { name: 'a stream', body: new RequestBody(PassThrough.from([Buffer.from('abc')])), maxBodyBytes: 65_536, arrivals: [] },
  ]
  for (const { name, body, maxBodyBytes, arrivals } of rows) {
    const resetting = await startResetting(t)
    const fine = await startNamed(t, 'fine')
    const dispatcher = dispatcherTo(t, [resetting.origin, fine.origin], { retry: { ...RETRY, methods: ['PUT'], maxBodyBytes } })
    await dispatch(dispatcher, { method: 'PUT', body }).result
    t.strictSame([resetting.count(), fine.seen], [1, arrivals], name)
  }
})

t.test('an upstream that is the only one is asked again after a pause, on a new connection', async t => {
  const times: number[] = []
  const ports: number[] = []
  const origin = await startRawUpstream(t, socket => socket.on('data', () => {
    times.push(performance.now())
    ports.push(socket.remotePort!)
    if (times.length === 2) socket.resetAndDestroy()
    else socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nfine')
  }))
  const dispatcher = dispatcherTo(t, [origin])
  t.equal(await textOf(await dispatch(dispatcher).result), 'fine')
  await setTimeout(5)
  const { exchange, result } = dispatch(dispatcher)
  t.equal(await textOf(await result), 'fine')
  t.equal(exchange.retries, 1)
  t.ok(times[2]! - times[1]! >= 20, `${times[2]! - times[1]!} ms`)
  t.strictSame([ports[0] === ports[1], ports[1] === ports[2]], [true, false], 'the kept connection, and then one of its own')
  t.strictSame(nothingLeft(dispatcher), [0, 0])
})

t.test('there are as many retries as attempts, each with another upstream while there is one', async t => {
  const refused = [await refusedOrigin(), await refusedOrigin()]
  const fine = await startNamed(t, 'fine')
  const three = dispatcherTo(t, [...refused, fine.origin], { retry: { ...RETRY, attempts: 2 } })
  const { exchange, result } = dispatch(three)
  t.equal(await textOf(await result), 'fine')
  t.equal(exchange.retries, 2)
  const two = dispatcherTo(t, [...refused, fine.origin])
  t.match(await dispatch(two).result, { code: 'GW_ERR_UPSTREAM_UNREACHABLE' })
})

t.test('without retries, and with none left in the budget, the first failure is final', async t => {
  const fine = await startNamed(t, 'fine')
  const refused = await refusedOrigin()
  for (const retry of [null, { ...RETRY, attempts: 0 }, { ...RETRY, budget: { percent: 0, minPerSecond: 0 } }]) {
    const dispatcher = dispatcherTo(t, [refused, fine.origin], { retry })
    t.match(await dispatch(dispatcher).result, { code: 'GW_ERR_UPSTREAM_UNREACHABLE' })
    t.strictSame([fine.seen, ...nothingLeft(dispatcher)], [[], 0, 0])
  }
})

t.test('an upstream that does not respond in time is retried only with another one', async t => {
  const fine = await startNamed(t, 'fine')
  let asked = 0
  const silent = await startRawUpstream(t, socket => socket.once('data', () => { asked++ }))
  const alone = dispatcherTo(t, [silent], { timeouts: { headers: 100 } })
  t.match(await dispatch(alone).result, { code: 'GW_ERR_UPSTREAM_TIMEOUT' })
  t.equal(asked, 1)
  const two = dispatcherTo(t, [silent, fine.origin], { timeouts: { headers: 100 } })
  t.equal(await textOf(await dispatch(two).result), 'fine')
  t.match(await dispatch(dispatcherTo(t, [silent, fine.origin], { timeouts: { headers: 100 } }), { method: 'POST' }).result, { code: 'GW_ERR_UPSTREAM_TIMEOUT' })
  t.equal(fine.seen.length, 1)
})

t.test('timeouts.request bounds all tries together', async t => {
  const silent = () => startRawUpstream(t, () => {})
  const dispatcher = dispatcherTo(t, [await silent(), await silent()], {
    timeouts: { headers: 150, request: 200 },
    retry: { ...RETRY, attempts: 5 },
  })
  const start = performance.now()
  const { exchange, result } = dispatch(dispatcher)
  t.match(await result, { code: 'GW_ERR_UPSTREAM_TIMEOUT' })
  t.ok(performance.now() - start < 2000)
  t.equal(exchange.retries, 1)
})

t.test('an answer that is not HTTP, or breaks off, is not repeated', async t => {
  for (const lie of ['SSH-2.0-OpenSSH_9.6\r\n', 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nhalf']) {
    const fine = await startNamed(t, 'fine')
    const liar = await startRawUpstream(t, socket => socket.once('data', () => socket.end(lie)))
    const dispatcher = dispatcherTo(t, [liar, fine.origin])
    const result = await dispatch(dispatcher).result
    if ('body' in result) await t.rejects(textOf(result), { code: 'GW_ERR_UPSTREAM_UNREACHABLE' })
    else t.match(result, { code: 'GW_ERR_BAD_UPSTREAM_RESPONSE' })
    t.strictSame([fine.seen, ...nothingLeft(dispatcher)], [[], 0, 0])
  }
})

/** Answers 503 a number of times, with these headers, and then 200. */
async function startBusy (t: Test, times: number, headers: Record<string, string> = {}, body = 'busy') {
  const asked: number[] = []
  const origin = await startUpstream(t, (_request, response) => {
    asked.push(performance.now())
    response.writeHead(asked.length <= times ? 503 : 200, { 'content-type': 'text/plain', ...headers }).end(asked.length <= times ? body : 'fine')
  })
  return { origin, asked }
}

t.test('an answer of statusCodes is repeated elsewhere, and what it said is dropped', async t => {
  for (const body of ['busy', 'x'.repeat(1_000_000)]) {
    const busy = await startBusy(t, 1, {}, body)
    const fine = await startNamed(t, 'fine')
    const dispatcher = dispatcherTo(t, [busy.origin, fine.origin], { retry: { ...RETRY, statusCodes: [503] } })
    const { exchange, result } = dispatch(dispatcher)
    t.equal(await textOf(await result), 'fine')
    t.strictSame([exchange.response?.statusCode, exchange.failure, exchange.retries], [200, null, 1])
    t.strictSame(nothingLeft(dispatcher), [0, 0])
  }
})

t.test('an answer of statusCodes from the only upstream waits for its Retry-After', async t => {
  const busy = await startBusy(t, 1, { 'retry-after': '1' })
  const dispatcher = dispatcherTo(t, [busy.origin], { retry: { ...RETRY, statusCodes: [503] } })
  t.equal(await textOf(await dispatch(dispatcher).result), 'fine')
  const waited = busy.asked[1]! - busy.asked[0]!
  t.ok(waited >= 990, `${waited} ms`)
})

t.test('an answer of statusCodes is the client\'s when it cannot be repeated', async t => {
  const rows: { name: string, method?: string, changes: LocationChanges }[] = [
    { name: 'POST', method: 'POST', changes: { retry: { ...RETRY, statusCodes: [503] } } },
    { name: 'another status', changes: { retry: { ...RETRY, statusCodes: [502] } } },
    { name: 'no time left for its Retry-After', changes: { retry: { ...RETRY, statusCodes: [503] }, timeouts: { request: 900 } } },
    { name: 'no budget', changes: { retry: { ...RETRY, statusCodes: [503], budget: { percent: 0, minPerSecond: 0 } } } },
  ]
  for (const { name, method = 'GET', changes } of rows) {
    const busy = await startBusy(t, 9, { 'retry-after': '1' })
    const dispatcher = dispatcherTo(t, [busy.origin], changes)
    const result = await dispatch(dispatcher, { method }).result as UpstreamResponse
    t.strictSame([result.statusCode, await textOf(result), busy.asked.length], [503, 'busy', 1], name)
    t.strictSame(nothingLeft(dispatcher), [0, 0], name)
  }
})

t.test('when the client leaves during the delay of a retry, there is none', async t => {
  const resetting = await startResetting(t)
  const dispatcher = dispatcherTo(t, [resetting.origin])
  const { exchange, failures } = dispatch(dispatcher)
  while (resetting.count() === 0 || inFlightOf(dispatcher) > 0) await setTimeout(1)
  exchange.close(false)
  t.strictSame([failures, exchange.failure?.code, ...nothingLeft(dispatcher)], [[], 'GW_ERR_CLIENT_CLOSED', 0, 0])
  await setTimeout(300)
  t.equal(resetting.count(), 1)
})

t.test('shutdown ends the delay of a retry', async t => {
  const resetting = await startResetting(t)
  const dispatcher = dispatcherTo(t, [resetting.origin])
  const { result } = dispatch(dispatcher)
  while (resetting.count() === 0 || inFlightOf(dispatcher) > 0) await setTimeout(1)
  dispatcher.abortAll()
  t.match(await result, { code: 'GW_ERR_NO_UPSTREAM', statusCode: 503 })
  t.strictSame(nothingLeft(dispatcher), [0, 0])
})

/** An upstream that holds every request until it is told to answer. */
async function startHolding (t: Test) {
  const held: { request: IncomingMessage, response: ServerResponse }[] = []
  const origin = await startUpstream(t, (request, response) => { held.push({ request, response }) })
  return {
    origin,
    held,
    async until (count: number) { while (held.length < count) await setTimeout(1) },
    answer (index: number) { held[index]!.response.setHeader('content-type', 'text/plain').end(held[index]!.request.url) },
  }
}

t.test('when an upstream is at capacity, requests wait for it in their order', async t => {
  const holding = await startHolding(t)
  const dispatcher = dispatcherTo(t, [holding.origin], { limits: { maxConnections: 1 } })
  const results = ['/a', '/b', '/c'].map(path => dispatch(dispatcher, { path }).result)
  await holding.until(1)
  t.strictSame(nothingLeft(dispatcher), [1, 2])
  for (let i = 0; i < 3; i++) {
    await holding.until(i + 1)
    t.equal(holding.held.length, i + 1)
    holding.answer(i)
    await results[i]
  }
  t.strictSame(await Promise.all(results.map(async result => textOf(await result))), ['/a', '/b', '/c'])
  t.strictSame(nothingLeft(dispatcher), [0, 0])
})

t.test('when as many wait as may, the next is refused at once', async t => {
  const holding = await startHolding(t)
  const dispatcher = dispatcherTo(t, [holding.origin], { limits: { maxConnections: 1, maxPending: 1 } })
  const [first, second, third] = [dispatch(dispatcher), dispatch(dispatcher), dispatch(dispatcher)]
  t.match(await third.result, { code: 'GW_ERR_OVERLOADED', statusCode: 503 })
  t.strictSame([first.failures, second.failures, dispatcher.pool.admitPending()], [[], [], 1])
  await dispatcher.destroy()
  t.match(await second.result, { code: 'GW_ERR_NO_UPSTREAM' })
})

t.test('a request that has waited for pendingTimeout is refused, and takes no lease any more', async t => {
  const holding = await startHolding(t)
  const dispatcher = dispatcherTo(t, [holding.origin], { limits: { maxConnections: 1, pendingTimeout: 50 } })
  const [first, second] = [dispatch(dispatcher), dispatch(dispatcher)]
  await holding.until(1)
  t.match(await second.result, { code: 'GW_ERR_OVERLOADED' })
  t.equal(dispatcher.pool.admitPending(), 0)
  holding.answer(0)
  t.equal(await textOf(await first.result), '/')
  t.equal(holding.held.length, 1)
})

t.test('the time of the whole request also runs while it waits', async t => {
  const holding = await startHolding(t)
  for (const pendingTimeout of [0, 10_000]) {
    const dispatcher = dispatcherTo(t, [holding.origin], {
      limits: { maxConnections: 1, pendingTimeout },
      timeouts: { request: 100 },
    })
    dispatch(dispatcher)
    t.match(await dispatch(dispatcher).result, { code: 'GW_ERR_UPSTREAM_TIMEOUT' })
  }
})

t.test('a client that leaves while it waits leaves the queue at once', async t => {
  const holding = await startHolding(t)
  const dispatcher = dispatcherTo(t, [holding.origin], { limits: { maxConnections: 1, maxPending: 1 } })
  dispatch(dispatcher)
  const second = dispatch(dispatcher)
  second.exchange.close(false)
  t.strictSame([second.failures, dispatcher.pool.admitPending(), inFlightOf(dispatcher)], [[], 0, 1])
  t.equal(second.exchange.failure?.code, 'GW_ERR_CLIENT_CLOSED')
})

t.test('a retry waits for capacity, too, and without room to wait the failure is final', async t => {
  const holding = await startHolding(t)
  for (const maxPending of [1, 0]) {
    const refused = await refusedOrigin()
    const dispatcher = dispatcherTo(t, [holding.origin, refused], { limits: { maxConnections: 1, maxPending } })
    const asked = holding.held.length
    const first = dispatch(dispatcher)
    await holding.until(asked + 1)
    const second = dispatch(dispatcher, { path: '/second' })
    if (maxPending === 0) {
      t.match(await second.result, { code: 'GW_ERR_UPSTREAM_UNREACHABLE' })
      continue
    }
    while (second.exchange.retries === 0) await setTimeout(1)
    t.equal(dispatcher.pool.admitPending(), 0, 'outside of the queue, which it would block')
    await setTimeout(100)
    holding.answer(asked)
    await first.result
    await holding.until(asked + 2)
    holding.answer(asked + 1)
    t.equal(await textOf(await second.result), '/second')
    t.equal(second.exchange.retries, 1)
  }
})

t.test('a request that its client left is no result for the upstream that it probed', async t => {
  const holding = await startHolding(t)
  const fine = await startNamed(t, 'fine')
  const dispatcher = dispatcherTo(t, [holding.origin, fine.origin], {
    outlierDetection: OUTLIER,
    timeouts: { headers: 60 },
    retry: null,
  })
  const [upstream] = dispatcher.pool.upstreams
  t.match(await dispatch(dispatcher).result, { code: 'GW_ERR_UPSTREAM_TIMEOUT' })
  t.equal(upstream!.outlier!.state, 'ejected')
  await setTimeout(60)
  let probe = dispatch(dispatcher)
  while (probe.exchange.upstream !== upstream) probe = dispatch(dispatcher)
  t.equal(upstream.outlier!.state, 'probing')
  probe.exchange.close(false)
  // It has no connection yet, and keeps its lease until it is known what becomes of that.
  while (upstream.outlier!.state === 'probing') await setTimeout(1)
  t.equal(upstream.outlier!.state, 'ejected')
  t.equal(upstream.takesRequests(performance.now()), true, 'the next request is a probe')
})

t.test('the head of an event stream is enough to know that an upstream is back', async t => {
  const origin = await startUpstream(t, (_request, response) => { response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders() })
  const dispatcher = dispatcherTo(t, [origin, origin], { outlierDetection: OUTLIER })
  const [upstream] = dispatcher.pool.upstreams
  dispatcher.pool.acquire(upstream!)
  dispatcher.pool.recordResult(upstream!, 'local-error', false)
  dispatcher.pool.release(upstream!)
  await setTimeout(60)
  let stream = dispatch(dispatcher)
  while (stream.exchange.upstream !== upstream) stream = dispatch(dispatcher)
  await stream.result
  t.equal(upstream.outlier!.state, 'in')
  t.ok(upstream.inFlight >= 1, 'and it counts as long as it is open')
})

t.test('event streams end when the gateway stops, also those that begin then', async t => {
  const sockets: Socket[] = []
  const origin = await startUpstream(t, (request, response) => {
    sockets.push(request.socket)
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
  })
  const dispatcher = dispatcherTo(t, [origin])
  const early = await dispatch(dispatcher).result as UpstreamResponse
  await once(early.body as ResponseBody, 'readable')
  dispatcher.endStreams()
  t.equal(await textOf(early), 'data: 1\n\n')
  const late = await dispatch(dispatcher).result as UpstreamResponse
  t.match(await textOf(late), /^(?:data: 1\n\n)?$/)
  await Promise.all(sockets.map(async socket => { if (!socket.closed) await closeOf(socket) }))
  t.strictSame(nothingLeft(dispatcher), [0, 0])
})

t.test('a retry that waits for another upstream blocks no request', async t => {
  const holding = await startHolding(t)
  const resetting = await startResetting(t)
  const dispatcher = dispatcherTo(t, [resetting.origin, holding.origin], {
    limits: { maxConnections: 1, pendingTimeout: 300 },
  })
  const retrying = dispatch(dispatcher, { path: '/retrying' })
  const busy = dispatch(dispatcher, { path: '/busy' })
  await holding.until(1)
  while (retrying.exchange.retries === 0) await setTimeout(1)
  const fresh = dispatch(dispatcher, { method: 'POST' })
  t.match(await fresh.result, { code: 'GW_ERR_UPSTREAM_UNREACHABLE' }, 'it is sent, and does not wait')
  t.strictSame([resetting.count(), dispatcher.pool.admitPending()], [2, 0])
  t.match(await retrying.result, { code: 'GW_ERR_UPSTREAM_UNREACHABLE' }, 'after pendingTimeout any upstream will do')
  holding.answer(0)
  await busy.result
})

t.test('an upstream that hangs is not retried, also when the other one is at capacity for too long', async t => {
  const holding = await startHolding(t)
  let asked = 0
  const silent = await startRawUpstream(t, socket => socket.once('data', () => { asked++ }))
  const dispatcher = dispatcherTo(t, [silent, holding.origin], { limits: { maxConnections: 1, pendingTimeout: 200 }, timeouts: { headers: 100 }, retry: { ...RETRY, methods: ['GET'] } })
  const hanging = dispatch(dispatcher)
  const busy = dispatch(dispatcher, { method: 'POST', body: new RequestBody(new PassThrough()) })
  t.match(await hanging.result, { code: 'GW_ERR_UPSTREAM_TIMEOUT' })
  t.equal(asked, 1)
  busy.exchange.close(false)
})

t.test('the time of the whole request also ends a wait for another upstream', async t => {
  const holding = await startHolding(t)
  const resetting = await startResetting(t)
  const dispatcher = dispatcherTo(t, [resetting.origin, holding.origin], {
    limits: { maxConnections: 1, pendingTimeout: 0 },
    timeouts: { request: 250 },
  })
  const retrying = dispatch(dispatcher)
  dispatch(dispatcher)
  t.match(await retrying.result, { code: 'GW_ERR_UPSTREAM_TIMEOUT' })
  t.equal(resetting.count(), 1)
})

t.test('a redirected request waits in the queue when the upstream is at capacity, or goes to another when it is gone', async t => {
  const names: string[] = []
  const start = (name: string) => startUpstream(t, (request, response) => {
    names.push(`${name}${request.url}`)
    if (request.url === '/from') response.writeHead(307, { location: '/to' }).end()
    else if (request.url === '/to') response.setHeader('content-type', 'text/plain').end(name)
  })
  const [a, b] = [await start('a'), await start('b')]
  const alone = dispatcherTo(t, [a], {
    fastapiRedirect: true,
    redirectCache: false,
    limits: { maxConnections: 1, pendingTimeout: 400 },
  })
  const first = dispatch(alone, { path: '/from' })
  const held = dispatch(alone, { path: '/silent' })
  t.match(await first.result, { code: 'GW_ERR_OVERLOADED' }, 'the other one was there before')
  held.exchange.close(false)

  names.length = 0
  const two = dispatcherTo(t, [a], { fastapiRedirect: true, redirectCache: false })
  const update = two.pool.canReuse.bind(two.pool)
  two.pool.canReuse = upstream => {
    two.update([createTarget(b)])
    return update(upstream)
  }
  t.equal(await textOf(await dispatch(two, { path: '/from' }).result), 'b')
  t.strictSame(names, ['a/from', 'b/to'])
})

t.test('an upstream that takes no connection is ejected, also when its clients do not wait for that', async t => {
  // Nobody listens there, and it takes undici a while to find out: the clients have left by then.
  const refused = await refusedOrigin()
  const fine = await startNamed(t, 'fine')
  const dispatcher = dispatcherTo(t, [refused, fine.origin], { outlierDetection: OUTLIER })
  const { exchange } = dispatch(dispatcher)
  exchange.close(false)
  const [upstream] = dispatcher.pool.upstreams
  t.strictSame([upstream!.inFlight, upstream!.outlier!.state], [1, 'in'])
  while (upstream!.inFlight > 0) await setTimeout(1)
  t.equal(upstream!.outlier!.state, 'ejected')
})

t.test('an upstream that breaks off every answer is ejected', async t => {
  const liar = await startRawUpstream(t, socket => socket.once('data', () => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nhalf')
    setImmediate(() => socket.end())
  }))
  const fine = await startNamed(t, 'fine')
  const dispatcher = dispatcherTo(t, [liar, fine.origin], {
    outlierDetection: { ...OUTLIER, consecutiveLocalErrors: 3, baseEjectionTime: 60_000, maxEjectionTime: 60_000 },
  })
  let broken = 0
  for (let i = 0; i < 12; i++) await dispatch(dispatcher).result.then(textOf).catch(() => { broken++ })
  t.equal(broken, 3)
})

t.test('a whole answer that takes its time ends a row of failures', async t => {
  let count = 0
  const origin = await startUpstream(t, async (_request, response) => {
    count++
    response.setHeader('content-type', 'text/plain').write('half')
    await setTimeout(5)
    if (count % 3 === 0) response.end()
    else response.destroy()
  })
  const dispatcher = dispatcherTo(t, [origin, origin], {
    outlierDetection: { ...OUTLIER, consecutiveLocalErrors: 3, maxEjectionPercent: 50 },
  })
  for (let i = 0; i < 12; i++) await dispatch(dispatcher).result.then(textOf).catch(() => {})
  t.strictSame(dispatcher.pool.upstreams.map(({ outlier }) => outlier!.state), ['in', 'in'])
})

t.test('the timeout of a request that had to wait is no failure of an upstream that had no time', async t => {
  const holding = await startHolding(t)
  const dispatcher = dispatcherTo(t, [holding.origin, holding.origin], {
    outlierDetection: OUTLIER,
    limits: { maxConnections: 1, pendingTimeout: 0 },
    timeouts: { request: 300 },
    retry: null,
  })
  const results = Array.from({ length: 3 }, () => dispatch(dispatcher))
  await holding.until(2)
  await setTimeout(200)
  holding.answer(0)
  t.match(await results[2]!.result, { code: 'GW_ERR_UPSTREAM_TIMEOUT' })
  t.equal(results[2]!.exchange.upstream!.outlier!.state, 'in')
})

t.test('capacity that no event announces is found: that of an upstream whose ejection is over', async t => {
  const holding = await startHolding(t)
  const fine = await startNamed(t, 'fine')
  const dispatcher = dispatcherTo(t, [fine.origin, holding.origin], {
    outlierDetection: { ...OUTLIER, baseEjectionTime: 300, maxEjectionTime: 300 },
    limits: { maxConnections: 1, pendingTimeout: 0 },
  })
  const [upstream] = dispatcher.pool.upstreams
  dispatcher.pool.acquire(upstream!)
  dispatcher.pool.recordResult(upstream!, 'local-error', false)
  dispatcher.pool.release(upstream!)
  dispatch(dispatcher)
  await holding.until(1)
  const waiting = dispatch(dispatcher)
  t.equal(dispatcher.pool.admitPending(), 1)
  t.equal(await textOf(await waiting.result), 'fine')
})

t.test('at shutdown, pending requests are not admitted by those that end', async t => {
  const holding = await startHolding(t)
  const dispatcher = dispatcherTo(t, [holding.origin], { limits: { maxConnections: 1 } })
  const results = Array.from({ length: 4 }, () => dispatch(dispatcher, { method: 'POST' }))
  await holding.until(1)
  await dispatcher.destroy()
  for (const { result } of results) t.match(await result, { code: 'GW_ERR_NO_UPSTREAM' })
  await setTimeout(20)
  t.strictSame([holding.held.length, ...nothingLeft(dispatcher)], [1, 0, 0])
})

t.test('a request that checks for capacity again and again is refused in the end', async t => {
  const holding = await startHolding(t)
  const dispatcher = dispatcherTo(t, [holding.origin], { limits: { maxConnections: 1, pendingTimeout: 1200 } })
  dispatch(dispatcher)
  const start = performance.now()
  t.match(await dispatch(dispatcher).result, { code: 'GW_ERR_OVERLOADED' })
  t.ok(performance.now() - start >= 1190)
})

t.test('a dispatcher refreshes its health checker with other upstreams', async t => {
  const fine = await startNamed(t, 'fine')
  const healthCheck = { path: '/health', method: 'GET', interval: 10, unhealthyInterval: 10, timeout: 1000, rise: 1, fall: 1, expectedStatus: [200, 399] as const, headers: {} }
  const dispatcher = dispatcherTo(t, ['http://127.0.0.1:9'], { healthCheck })
  dispatcher.startProbes()
  dispatcher.update([createTarget(fine.origin)])
  while (fine.seen.length < 2) await setTimeout(5)
  t.equal(fine.seen[0], 'GET /health')
})

t.test('a request that waits longer than it may take in all times out', async t => {
  const holding = await startHolding(t)
  const dispatcher = dispatcherTo(t, [holding.origin], { limits: { maxConnections: 1 }, timeouts: { request: 100 } })
  dispatcher.pool.acquire(dispatcher.pool.upstreams[0]!)
  t.match(await dispatch(dispatcher).result, { code: 'GW_ERR_UPSTREAM_TIMEOUT' })
  t.strictSame([holding.held.length, dispatcher.pool.admitPending()], [0, 0])
})

/** Switches every connection, whatever it was asked for, greets with a frame, and keeps its ends. */
async function startSwitching (t: Test, protocol = 'websocket') {
  const sockets: Socket[] = []
  const origin = await startRawUpstream(t, socket => socket.once('data', () => {
    sockets.push(socket)
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\nX-A: b\r\n\r\n\x81\x05hello`, 'latin1')
  }))
  return { origin, sockets }
}

t.test('a switch of protocols is a response whose tunnel has the lease of its attempt, until it ends', async t => {
  const { origin, sockets } = await startSwitching(t)
  const dispatcher = dispatcherTo(t, [origin])
  const { exchange, result } = dispatch(dispatcher, { upgrade: 'websocket' })
  const answer = await result as UpstreamResponse
  t.match(answer, { statusCode: 101, headers: { 'x-a': 'b' }, body: null })
  t.strictSame([exchange.response?.statusCode, exchange.failure, exchange.tunnel?.protocol], [101, null, 'websocket'])
  t.strictSame(nothingLeft(dispatcher), [1, 0])

  const [socket, client] = duplexPair()
  exchange.tunnel!.join(socket)
  t.match(String((await once(client, 'data'))[0]), /hello$/)
  sockets[0]!.resetAndDestroy()
  await closeOf(socket)
  t.strictSame(nothingLeft(dispatcher), [0, 0])
})

t.test('a client that leaves before the switch is delivered ends the tunnel', async t => {
  const { origin, sockets } = await startSwitching(t)
  const dispatcher = dispatcherTo(t, [origin])
  const { exchange, result } = dispatch(dispatcher, { upgrade: 'websocket' })
  await result
  exchange.close(false)
  await closeOf(sockets[0]!)
  t.strictSame(nothingLeft(dispatcher), [0, 0])
})

t.test('a switch that cannot be delivered is a bad answer, and its tunnel is aborted', async t => {
  const { origin, sockets } = await startSwitching(t)
  const dispatcher = dispatcherTo(t, [origin])
  const cause = new Error('Invalid character in header content')
  const { exchange, failures } = createExchange(dispatcher.location, { upgrade: 'websocket' }, () => { throw cause })
  dispatcher.forward(exchange)
  while (sockets.length === 0) await setTimeout(1)
  if (!sockets[0]!.closed) await closeOf(sockets[0]!)
  t.match(failures, [{ code: 'GW_ERR_BAD_UPSTREAM_RESPONSE', cause }])
  t.equal(failures.length, 1)
  t.strictSame(nothingLeft(dispatcher), [0, 0])
})

t.test('a switch to something else is a bad answer, and is not repeated', async t => {
  const { origin, sockets } = await startSwitching(t, 'echo/1')
  const dispatcher = dispatcherTo(t, [origin, origin])
  const { exchange, result } = dispatch(dispatcher, { upgrade: 'websocket' })
  t.match(await result, { code: 'GW_ERR_BAD_UPSTREAM_RESPONSE' })
  t.equal(exchange.tunnel, null)
  t.strictSame([sockets.length, ...nothingLeft(dispatcher)], [1, 0, 0])
})

t.test('an upstream may refuse to switch, with an answer like any other', async t => {
  const fine = await startNamed(t, 'fine')
  const { exchange, result } = dispatch(dispatcherTo(t, [fine.origin]), { upgrade: 'websocket' })
  t.equal(await textOf(await result), 'fine')
  t.equal(exchange.tunnel, null)
})

t.test('an upstream that switches is back', async t => {
  const { origin } = await startSwitching(t)
  const dispatcher = dispatcherTo(t, [origin, origin], { outlierDetection: OUTLIER })
  const [upstream] = dispatcher.pool.upstreams
  dispatcher.pool.acquire(upstream!)
  dispatcher.pool.recordResult(upstream!, 'local-error', false)
  dispatcher.pool.release(upstream!)
  await setTimeout(60)
  let tunnel = dispatch(dispatcher, { upgrade: 'websocket' })
  while (tunnel.exchange.upstream !== upstream) tunnel = dispatch(dispatcher, { upgrade: 'websocket' })
  await tunnel.result
  t.equal(upstream.outlier!.state, 'in')
})

t.test('how fast an upstream switches is held for or against it', async t => {
  const { origin } = await startSwitching(t)
  const dispatcher = dispatcherTo(t, [origin], { balancer: 'ewma' })
  const [upstream] = dispatcher.pool.upstreams
  t.equal(upstream!.latency.estimate, 0)
  await dispatch(dispatcher, { upgrade: 'websocket' }).result
  t.ok(upstream!.latency.estimate > 0)
})

t.test('tunnels end when the gateway stops, also those that begin then', async t => {
  const { origin } = await startSwitching(t)
  const dispatcher = dispatcherTo(t, [origin])
  const open = async () => {
    const { exchange, result } = dispatch(dispatcher, { upgrade: 'websocket' })
    await result
    const [socket, client] = duplexPair()
    exchange.tunnel!.join(socket)
    return read(client)
  }
  const early = await open()
  while (early().length === 0) await setTimeout(1)
  dispatcher.endStreams()
  const late = await open()
  for (const [received, expected] of [[early, '\x81\x05hello\x88\x02\x03\xe9'], [late, '\x88\x02\x03\xe9']] as const) {
    while (received().length < expected.length) await setTimeout(1)
    t.equal(received().toString('latin1'), expected)
  }
})
