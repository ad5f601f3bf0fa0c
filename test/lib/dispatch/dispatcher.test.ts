import { once } from 'node:events'
import type { IncomingMessage, RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { ResponseBody } from '../../../lib/downstream/response-body.ts'
import type { UpstreamResponse } from '../../../lib/dispatch/response-assembly.ts'
import { RequestBody } from '../../../lib/dispatch/request-body.ts'
import { startCannedUpstream, startRawUpstream, startUpstream } from '../../helpers/upstreams.ts'
import { createDispatcher, dispatch, inFlightOf, locationOf, textOf } from './dispatch.ts'
import { closeOf, createExchange } from './fakes.ts'
import { createTarget, type LocationChanges } from '../locations.ts'

/** Answers with what it was asked, as JSON. */
const echo: RequestListener = (request, response) => {
  const chunks: Buffer[] = []
  request.on('data', chunk => chunks.push(chunk)).on('end', () => {
    const { method, url, rawHeaders } = request
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ method, url, rawHeaders, body: Buffer.concat(chunks).toString('latin1') }), 'latin1')
  })
}

t.test('a request arrives as it was given', async t => {
  const origin = await startUpstream(t, echo)
  const dispatcher = createDispatcher(t, locationOf({ upstreams: [createTarget(origin)] }))
  const { exchange, result } = dispatch(dispatcher, { method: 'PUT', path: '/a%2Fb?x=1', host: 'shop.example', headers: ['X-B', '1', 'Content-Length', '3', 'x-b', 'caf\u00e9'], body: Buffer.from('abc') })
  const seen = JSON.parse(await textOf(await result))
  t.match(seen, { method: 'PUT', url: '/a%2Fb?x=1', body: 'abc' })
  t.strictSame(seen.rawHeaders.filter((text: string) => text !== 'keep-alive' && text !== 'connection'),
    ['host', 'shop.example', 'X-B', '1', 'x-b', 'caf\u00e9', 'content-length', '3'])
  t.equal(exchange.upstream, dispatcher.pool.upstreams[0])
  t.match(exchange.response, { statusCode: 200, statusText: 'OK' })
  t.equal(exchange.failure, null)
})

t.test('a stream without a length arrives chunked, and one with a length with it', async t => {
  const origin = await startUpstream(t, echo)
  const dispatcher = createDispatcher(t, locationOf({ upstreams: [createTarget(origin)] }))
  for (const [headers, framing] of [[[], 'transfer-encoding'], [['Content-Length', '6'], 'content-length']] as const) {
    const source = new PassThrough()
    const { result } = dispatch(dispatcher, { method: 'POST', headers: [...headers], body: new RequestBody(source) })
    source.write('abc')
    source.end('def')
    const seen = JSON.parse(await textOf(await result))
    t.equal(seen.body, 'abcdef')
    t.ok(seen.rawHeaders.includes(framing), framing)
  }
})

const hosts: { name: string, rewriteHost: boolean | 'auto', client?: string, expected: 'client' | 'upstream' }[] = [
  { name: 'auto is the client\'s', rewriteHost: 'auto', client: 'shop.example', expected: 'client' },
  { name: 'auto without one is the upstream\'s', rewriteHost: 'auto', expected: 'upstream' },
  { name: 'true is the upstream\'s', rewriteHost: true, client: 'shop.example', expected: 'upstream' },
  { name: 'false is the client\'s', rewriteHost: false, client: 'shop.example', expected: 'client' },
]

for (const { name, rewriteHost, client, expected } of hosts) {
  t.test(`Host over http: ${name}`, async t => {
    const origin = await startUpstream(t, (request, response) => response.end(request.headers.host))
    const dispatcher = createDispatcher(t, locationOf({ upstreams: [createTarget(origin)], rewriteHost }))
    t.equal(await textOf(await dispatch(dispatcher, { host: client }).result), expected === 'client' ? client : new URL(origin).host)
  })
}

t.test('the base path of an upstream comes first', async t => {
  const origin = await startUpstream(t, (request, response) => response.end(request.url))
  const dispatcher = createDispatcher(t, locationOf({ upstreams: [createTarget(origin, { basePath: '/v2' })] }))
  t.equal(await textOf(await dispatch(dispatcher, { path: '/x?y' }).result), '/v2/x?y')
})

t.test('weights are kept: 3:1 is three and one of every four', async t => {
  const origins = await Promise.all(['a', 'b'].map(name => startUpstream(t, (_request, response) => response.end(name))))
  const dispatcher = createDispatcher(
    t,
    locationOf({ upstreams: [createTarget(origins[0]!, { weight: 3 }), createTarget(origins[1]!)] })
  )
  let names = ''
  for (let i = 0; i < 12; i++) names += await textOf(await dispatch(dispatcher).result)
  t.equal(names, 'aabaaabaaaba')
})

t.test('a connection is used again', async t => {
  const ports = new Set<number>()
  const origin = await startUpstream(t, (request, response) => {
    ports.add(request.socket.remotePort!)
    response.end('x')
  })
  const dispatcher = createDispatcher(t, locationOf({ upstreams: [createTarget(origin)] }))
  for (let i = 0; i < 5; i++) {
    await textOf(await dispatch(dispatcher).result)
    // undici waits for a turn of the event loop.
    await setTimeout(5)
  }
  t.equal(ports.size, 1)
})

t.test('without an upstream that takes requests it fails at once, and nothing is under way', async t => {
  for (const upstreams of [[], [createTarget('http://127.0.0.1:1', { weight: 0 })]]) {
    const dispatcher = createDispatcher(t, locationOf({ upstreams }))
    t.match(await dispatch(dispatcher).result, { code: 'GW_ERR_NO_UPSTREAM', statusCode: 503 })
    t.equal(inFlightOf(dispatcher), 0)
  }
})

t.test('a client that went away before is not asked for', async t => {
  let asked = 0
  const origin = await startUpstream(t, (_request, response) => response.end(String(++asked)))
  const dispatcher = createDispatcher(t, locationOf({ upstreams: [createTarget(origin)] }))
  const { exchange, failures } = createExchange(dispatcher.location, {}, () => t.fail('an answer for nobody'))
  exchange.close(false)
  dispatcher.forward(exchange)
  t.equal(exchange.failure?.code, 'GW_ERR_CLIENT_CLOSED')
  t.strictSame([failures, inFlightOf(dispatcher)], [[], 0])
  await textOf(await dispatch(dispatcher).result)
  t.equal(asked, 1)
})

const OK = 'HTTP/1.1 200 OK\r\n'

const badAnswers: { name: string, answer: string, end?: boolean, code: string }[] = [
  { name: 'garbage', answer: 'SSH-2.0-OpenSSH_9.6\r\n', code: 'GW_ERR_BAD_UPSTREAM_RESPONSE' },
  { name: 'a status that is none', answer: 'HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n', code: 'GW_ERR_BAD_UPSTREAM_RESPONSE' },
  { name: 'a status below 100', answer: 'HTTP/1.1 042 Odd\r\nContent-Length: 0\r\n\r\n', code: 'GW_ERR_BAD_UPSTREAM_RESPONSE' },
  { name: 'a switch of protocols', answer: 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n', code: 'GW_ERR_BAD_UPSTREAM_RESPONSE' },
  { name: 'half a switch of protocols', answer: 'HTTP/1.1 101 Switching Protocols\r\n\r\n', code: 'GW_ERR_BAD_UPSTREAM_RESPONSE' },
  { name: 'a head of 20 kB', answer: `${OK}X: ${'x'.repeat(20_000)}\r\n\r\n`, code: 'GW_ERR_BAD_UPSTREAM_RESPONSE' },
  { name: 'a length beside chunks', answer: `${OK}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`, code: 'GW_ERR_BAD_UPSTREAM_RESPONSE' },
  { name: 'two lengths', answer: `${OK}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`, code: 'GW_ERR_BAD_UPSTREAM_RESPONSE' },
  { name: 'half a head, and the end', answer: `${OK}Content-Le`, end: true, code: 'GW_ERR_UPSTREAM_UNREACHABLE' },
  { name: 'nothing, and the end', answer: '', end: true, code: 'GW_ERR_UPSTREAM_UNREACHABLE' },
]

for (const { name, answer, end = false, code } of badAnswers) {
  t.test(`a bad answer: ${name}: ${code}`, async t => {
    const origin = await startCannedUpstream(t, answer, { end })
    const dispatcher = createDispatcher(t, locationOf({ upstreams: [createTarget(origin)] }))
    const { failures, result } = dispatch(dispatcher)
    t.match(await result, { code, statusCode: 502 })
    t.equal(failures.length, 1)
    t.equal(inFlightOf(dispatcher), 0)
  })
}

t.test('refused and reset connections and unknown names are unreachable', async t => {
  const resetting = await startRawUpstream(t, socket => socket.resetAndDestroy())
  for (const target of ['http://127.0.0.1:1', 'http://name.invalid:80', resetting]) {
    const dispatcher = createDispatcher(t, locationOf({ upstreams: [createTarget(target)], timeouts: { connect: 0 } }))
    t.match(await dispatch(dispatcher).result, { code: 'GW_ERR_UPSTREAM_UNREACHABLE', statusCode: 502 }, target)
    t.equal(inFlightOf(dispatcher), 0)
  }
})

t.test('an upstream that does not answer in time is given up, and its connection closed', async t => {
  const sockets: Socket[] = []
  const origin = await startRawUpstream(t, socket => sockets.push(socket.resume()))
  const dispatcher = createDispatcher(t, locationOf({ upstreams: [createTarget(origin)], timeouts: { headers: 50 } }))
  t.match(await dispatch(dispatcher).result, { code: 'GW_ERR_UPSTREAM_TIMEOUT', statusCode: 504 })
  if (!sockets[0]!.closed) await closeOf(sockets[0]!)
  t.equal(inFlightOf(dispatcher), 0)
})

t.test('timeouts.request bounds the whole of an exchange, its body too', async t => {
  const origin = await startUpstream(t, (_request, response) => {
    const ticks = setInterval(() => response.write('tick'), 10)
    response.on('close', () => clearInterval(ticks))
  })
  const dispatcher = createDispatcher(t, locationOf({ upstreams: [createTarget(origin)], timeouts: { request: 100 } }))
  const { exchange, result } = dispatch(dispatcher)
  await t.rejects(textOf(await result), { code: 'GW_ERR_UPSTREAM_TIMEOUT' })
  t.equal(exchange.failure?.code, 'GW_ERR_UPSTREAM_TIMEOUT', 'the log is told')
  t.equal(inFlightOf(dispatcher), 0)
})

const broken: { name: string, head: string, reset?: boolean }[] = [
  { name: 'a body shorter than its length', head: 'Content-Length: 10\r\n\r\nhalf' },
  { name: 'a body shorter than its length, of a connection that closes', head: 'Connection: close\r\nContent-Length: 10\r\n\r\nhalf' },
  { name: 'chunks without their end', head: 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n' },
  { name: 'a reset in a body with a length', head: 'Content-Length: 10\r\n\r\nhalf', reset: true },
  { name: 'a reset in chunks', head: 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n', reset: true },
  // undici by itself takes this reset for the end.
  { name: 'a reset in a body that the end of its connection delimits', head: '\r\nhalf', reset: true },
]

for (const { name, head, reset = false } of broken) {
  t.test(`an answer that breaks off never looks complete: ${name}`, async t => {
    const origin = await startRawUpstream(t, socket => socket.once('data', async () => {
      socket.write(OK + head)
      await setTimeout(30)
      if (reset) socket.resetAndDestroy()
      else socket.end()
    }))
    const dispatcher = createDispatcher(t, locationOf({ upstreams: [createTarget(origin)] }))
    const { exchange, failures, result } = dispatch(dispatcher)
    await t.rejects(textOf(await result), { message: /The app "shop"/ })
    t.equal(exchange.failure?.statusCode, 502, 'the log is told')
    t.strictSame(failures, [], 'the client has its answer already')
    t.equal(inFlightOf(dispatcher), 0)
  })
}

t.test('an answer that the end of its connection delimits is whole when that comes in order', async t => {
  const origin = await startCannedUpstream(t, `${OK}\r\nall of it`, { end: true })
  const dispatcher = createDispatcher(t, locationOf({ upstreams: [createTarget(origin)] }))
  const { exchange, result } = dispatch(dispatcher)
  t.equal(await textOf(await result), 'all of it')
  t.equal(exchange.failure, null)
})

t.test('a second answer on a connection reaches nobody', async t => {
  const answer = `${OK}Content-Type: text/plain\r\nContent-Length: 1\r\n\r\n`
  const origin = await startCannedUpstream(t, `${answer}1${answer}2`)
  const dispatcher = createDispatcher(t, locationOf({ upstreams: [createTarget(origin)] }))
  t.equal(await textOf(await dispatch(dispatcher).result), '1')
  t.equal(await textOf(await dispatch(dispatcher).result), '1')
  t.equal(inFlightOf(dispatcher), 0)
})

t.test('a client that goes away before the head closes the upstream\'s connection', async t => {
  const requests: IncomingMessage[] = []
  const origin = await startUpstream(t, request => { requests.push(request) })
  const dispatcher = createDispatcher(t, locationOf({ upstreams: [createTarget(origin)], timeouts: { headers: 0 } }))
  const { exchange, failures } = dispatch(dispatcher)
  while (requests.length === 0) await setTimeout(5)
  exchange.close(false)
  if (!requests[0]!.socket.closed) await closeOf(requests[0]!.socket)
  t.strictSame([inFlightOf(dispatcher), failures], [0, []])
})

t.test('a client that goes away before there is a connection leaves nothing behind', async t => {
  let asked = 0
  const origin = await startUpstream(t, (_request, response) => response.end(String(++asked)))
  const dispatcher = createDispatcher(t, locationOf({ upstreams: [createTarget(origin)] }))
  const { exchange } = dispatch(dispatcher)
  exchange.close(false)
  t.equal(inFlightOf(dispatcher), 1, 'its lease is taken until the connection is there')
  t.equal(await textOf(await dispatch(dispatcher).result), '1', 'the upstream has seen the second only')
  t.equal(inFlightOf(dispatcher), 0)
})

t.test('a client that does not read holds the upstream up, and loses nothing', async t => {
  const size = 8 * 1024 * 1024
  let sent = 0
  const origin = await startUpstream(t, async (_request, response) => {
    for (; sent < size; sent += 65_536) {
      if (!response.write(Buffer.alloc(65_536, sent / 65_536 % 251))) await once(response, 'drain')
    }
    response.end()
  })
  const dispatcher = createDispatcher(t, locationOf({ upstreams: [createTarget(origin)], timeouts: { headers: 300 } }))
  const { body } = await dispatch(dispatcher).result as UpstreamResponse
  await setTimeout(1000)
  const held = (body as ResponseBody).readableLength
  t.ok(held < 1024 * 1024, `${held} bytes in memory`)
  t.ok(sent < size, 'the upstream waits, for longer than any timeout')
  const bytes = Buffer.concat(await (body as ResponseBody).toArray())
  t.equal(bytes.length, size)
  t.equal(bytes[size - 1], (size / 65_536 - 1) % 251)
})

t.test('an answer early in an upload arrives, and the rest of the upload runs into the void', async t => {
  const origin = await startRawUpstream(t, socket => socket.once('data', () => {
    socket.write('HTTP/1.1 413 Too Big\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nno')
  }))
  const dispatcher = createDispatcher(t, locationOf({ upstreams: [createTarget(origin)] }))
  const source = new PassThrough()
  const { result } = dispatch(dispatcher, { method: 'POST', body: new RequestBody(source) })
  source.write('first')
  const answer = await result
  t.match(answer, { statusCode: 413 })
  t.equal(await textOf(answer), 'no')
  for (let i = 0; i < 20; i++) source.write(Buffer.alloc(65_536))
  source.end()
  await once(source, 'end')
  t.equal(inFlightOf(dispatcher), 0)
})

for (const cut of ['end', 'destroy'] as const) {
  t.test(`an answer early in an upload arrives also when the upstream cuts the connection behind it (${cut})`, async t => {
    const origin = await startRawUpstream(t, socket => socket.once('data', () => {
      socket.write('HTTP/1.1 413 Too Big\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno', () => socket[cut]())
    }))
    const dispatcher = createDispatcher(t, locationOf({ upstreams: [createTarget(origin)] }))
    const source = new PassThrough()
    const { result } = dispatch(dispatcher, { method: 'POST', body: new RequestBody(source) })
    const upload = setInterval(() => source.write(Buffer.alloc(1024)), 1)
    t.teardown(() => clearInterval(upload))
    const answer = await result
    t.match(answer, { statusCode: 413 })
    t.equal(await textOf(answer), 'no')
    t.equal(inFlightOf(dispatcher), 0)
  })
}

const uploads: { name: string, code: string, end: (source: PassThrough) => void, headers?: string[] }[] = [
  { name: 'the client goes away', code: 'GW_ERR_CLIENT_CLOSED', end: source => source.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' })) },
  { name: 'it is shorter than its length', code: 'GW_ERR_CLIENT_CLOSED', end: source => source.end(), headers: ['Content-Length', '100'] },
  { name: 'a hook cannot read it', code: 'GW_ERR_BAD_REQUEST', end: source => source.destroy(new Error('bad gzip')) },
]

for (const { name, code, end, headers = [] } of uploads) {
  t.test(`an upload that breaks off is not the upstream's fault: ${name}`, async t => {
    const requests: IncomingMessage[] = []
    const origin = await startUpstream(t, request => { requests.push(request.on('error', () => {}).resume()) })
    const dispatcher = createDispatcher(t, locationOf({ upstreams: [createTarget(origin)], timeouts: { headers: 0 } }))
    const source = new PassThrough()
    const { result } = dispatch(dispatcher, { method: 'POST', headers, body: new RequestBody(source) })
    source.write('half')
    while (requests.length === 0) await setTimeout(5)
    end(source)
    t.match(await result, { code })
    if (!requests[0]!.closed) await closeOf(requests[0]!)
    t.notOk(requests[0]!.complete, 'the upstream does not take it for complete')
    t.equal(inFlightOf(dispatcher), 0)
  })
}

t.test('what undici refuses to send is a bad request', async t => {
  const dispatcher = createDispatcher(t, locationOf({ upstreams: [createTarget('http://127.0.0.1:1')] }))
  t.match(await dispatch(dispatcher, { headers: ['X-A', 'a\u0000b'] }).result, { code: 'GW_ERR_BAD_REQUEST', statusCode: 400 })
  t.equal(inFlightOf(dispatcher), 0)
})

for (const isStream of [false, true]) {
  t.test(`an answer that cannot be sent on is a bad one, ${isStream ? 'and the rest of it is stopped' : 'not an uncaught exception'}`, async t => {
    const origin = await startUpstream(t, (_request, response) => {
      response.setHeader('content-type', 'text/plain')
      if (isStream) response.write('x')
      else response.end('x')
    })
    const dispatcher = createDispatcher(t, locationOf({ upstreams: [createTarget(origin)], timeouts: { body: 0 } }))
    let resolve!: () => void
    const answered = new Promise<void>(_resolve => { resolve = _resolve })
    const cause = new TypeError('Invalid character in header content')
    const { exchange, failures } = createExchange(dispatcher.location, {}, () => {
      resolve()
      throw cause
    })
    dispatcher.forward(exchange)
    await answered
    await setTimeout(0)
    t.match(failures, [{ code: 'GW_ERR_BAD_UPSTREAM_RESPONSE', statusCode: 502, cause }])
    t.strictSame([failures.length, inFlightOf(dispatcher)], [1, 0])
  })
}

t.test('destroying it ends what is under way, in each of its phases', async t => {
  const origin = await startUpstream(t, (request, response) => {
    if (request.url === '/body') response.write('half')
  })
  const dispatcher = createDispatcher(
    t,
    locationOf({ upstreams: [createTarget(origin)], timeouts: { headers: 0, body: 0 } })
  )
  const waiting = dispatch(dispatcher, { path: '/head' })
  const { result } = dispatch(dispatcher, { path: '/body' })
  const { body } = await result as UpstreamResponse
  t.equal(inFlightOf(dispatcher), 2)
  await dispatcher.destroy()
  t.match(await waiting.result, { code: 'GW_ERR_NO_UPSTREAM' })
  if (!(body as ResponseBody).closed) await closeOf(body as ResponseBody)
  t.match((body as ResponseBody).errored, { code: 'GW_ERR_NO_UPSTREAM' })
  t.equal(inFlightOf(dispatcher), 0)
  t.match(await dispatch(dispatcher).result, { code: 'GW_ERR_NO_UPSTREAM', statusCode: 503 }, 'and what comes later fails')
  await dispatcher.destroy()
})

/** What an app was asked for: `GET /x`, with the body behind it. */
type Asked = string[]

/** An app that redirects as `location` says, and answers 200 with what it was asked for where that says nothing. */
async function startRedirecting (
  t: Test,
  location: (path: string, request: IncomingMessage) => string | undefined,
  statusCode = 307
): Promise<{ origin: string; asked: Asked }> {
  const asked: Asked = []
  const origin = await startUpstream(t, async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    const line = `${request.method} ${request.url} ${body}`.trim()
    asked.push(line)
    const to = location(request.url!, request)
    response.setHeader('content-type', 'text/plain')
    if (to !== undefined) response.writeHead(statusCode, { location: to })
    response.end(line)
  })
  return { origin, asked }
}

/** As FastAPI does it: every path has a slash at its end. */
const addSlash = (path: string) => /^[^?]*\/(\?|$)/.test(path) ? undefined : path.replace(/\?|$/, '/$&')

const following = (origin: string, changes: LocationChanges = {}) =>
  locationOf({ upstreams: [createTarget(origin)], fastapiRedirect: true, ...changes })

for (const statusCode of [307, 308]) {
  t.test(`a ${statusCode} of the app is followed, with the method, the body and the query`, async t => {
    const { origin, asked } = await startRedirecting(t, addSlash, statusCode)
    const dispatcher = createDispatcher(t, following(origin))
    const { exchange, result } = dispatch(dispatcher, { method: 'POST', path: '/x?a=1', headers: ['Content-Length', '3', 'X-A', '1'], body: Buffer.from('abc') })
    t.equal(await textOf(await result), 'POST /x/?a=1 abc')
    t.strictSame(asked, ['POST /x?a=1 abc', 'POST /x/?a=1 abc'])
    t.match(exchange, { response: { statusCode: 200 }, request: { path: '/x/?a=1' }, retries: 0, failure: null })
    t.equal(inFlightOf(dispatcher), 0)
  })
}

const redirectBodies: { name: string, answer: (path: string) => string }[] = [
  { name: 'none', answer: path => `Location: ${path}\r\nContent-Length: 0\r\n\r\n` },
  { name: 'in chunks', answer: path => `Location: ${path}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n` },
  { name: 'one that does not end', answer: path => `Location: ${path}\r\nContent-Length: 9999\r\n\r\nhalf` },
]

for (const { name, answer } of redirectBodies) {
  t.test(`a redirect is followed whatever its body is: ${name}`, async t => {
    const sockets: Socket[] = []
    const origin = await startRawUpstream(t, socket => {
      sockets.push(socket)
      socket.on('data', chunk => {
        const isFirst = chunk.toString().startsWith('GET /x ')
        socket.write(isFirst ? `HTTP/1.1 307 Temporary Redirect\r\n${answer('/x/')}` : `${OK}Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nok`)
      })
    })
    const dispatcher = createDispatcher(t, following(origin))
    const { exchange, failures, result } = dispatch(dispatcher, { path: '/x' })
    t.equal(await textOf(await result), 'ok')
    t.strictSame([exchange.failure, failures, inFlightOf(dispatcher)], [null, [], 0])
    if (name === 'one that does not end' && !sockets[0]!.closed) await closeOf(sockets[0]!)
  })
}

for (const end of ['end', 'write'] as const) {
  t.test(`while a redirect that ${end === 'end' ? 'has ended' : 'never ends'} is followed, its exchange is under way, once`, async t => {
    const held: (() => void)[] = []
    const origin = await startUpstream(t, (request, response) => {
      if (request.url === '/x') response.writeHead(307, { location: '/x/' })[end]('moved')
      else held.push(() => response.end('ok'))
    })
    const dispatcher = createDispatcher(t, following(origin))
    const { result } = dispatch(dispatcher, { path: '/x' })
    while (held.length === 0) await setTimeout(5)
    t.equal(inFlightOf(dispatcher), 1)
    held[0]!()
    t.equal(await textOf(await result), 'ok')
    t.equal(inFlightOf(dispatcher), 0)
  })
}

t.test('five redirects are followed, and the sixth is the client\'s', async t => {
  const { origin, asked } = await startRedirecting(t, path => `/${Number(path.slice(1)) + 1}`)
  const dispatcher = createDispatcher(t, following(origin))
  const { exchange, result } = dispatch(dispatcher, { path: '/1' })
  t.match(await result, { statusCode: 307, headers: { location: '/7' } })
  t.strictSame(asked, ['GET /1', 'GET /2', 'GET /3', 'GET /4', 'GET /5', 'GET /6'])
  t.equal(exchange.response?.statusCode, 307)
  t.equal(inFlightOf(dispatcher), 0)
})

const loops: { name: string, location: (path: string) => string, asked: Asked }[] = [
  { name: 'to itself', location: path => path, asked: ['GET /a'] },
  { name: 'back', location: path => path === '/a' ? '/b' : '/a', asked: ['GET /a', 'GET /b'] },
  { name: 'back by three', location: path => ({ '/a': '/b', '/b': '/c' })[path] ?? '/a', asked: ['GET /a', 'GET /b', 'GET /c'] },
  { name: 'into another one', location: path => path === '/a' ? '/b' : '/b', asked: ['GET /a', 'GET /b'] },
]

for (const { name, location, asked: expected } of loops) {
  t.test(`a loop ends with the redirect for the client: ${name}`, async t => {
    const { origin, asked } = await startRedirecting(t, location)
    const dispatcher = createDispatcher(t, following(origin))
    t.match(await dispatch(dispatcher, { path: '/a' }).result, { statusCode: 307 })
    t.strictSame(asked, expected)
    t.equal(inFlightOf(dispatcher), 0)
  })
}

t.test('a redirect to another origin, or to another upstream, is the client\'s', async t => {
  const other = await startRedirecting(t, () => undefined)
  const { origin, asked } = await startRedirecting(t, path => `${path === '/other' ? other.origin : 'http://127.0.0.1:1'}/x/`)
  const dispatcher = createDispatcher(
    t,
    following(origin, { upstreams: [createTarget(origin), createTarget(other.origin, { weight: 0 })] })
  )
  for (const path of ['/other', '/foreign']) {
    t.match(await dispatch(dispatcher, { path, host: 'gw.example' }).result, { statusCode: 307 })
    t.equal(asked.at(-1), `GET ${path}`)
  }
  t.strictSame(other.asked, [])
})

t.test('a redirect stays with the upstream that sent it', async t => {
  const apps = await Promise.all([startRedirecting(t, addSlash), startRedirecting(t, addSlash)])
  const dispatcher = createDispatcher(
    t,
    locationOf({
      fastapiRedirect: true,
      upstreams: apps.map(({ origin }) => createTarget(origin)),
      redirectCache: false,
    })
  )
  for (let i = 0; i < 4; i++) {
    const { exchange, result } = dispatch(dispatcher, { path: `/${i}` })
    await textOf(await result)
    t.equal(exchange.upstream, dispatcher.pool.upstreams[i % 2])
  }
  t.strictSame(apps.map(({ asked }) => asked), [['GET /0', 'GET /0/', 'GET /2', 'GET /2/'], ['GET /1', 'GET /1/', 'GET /3', 'GET /3/']])
})

t.test('a redirect is followed to the host that the client asked for, and below the base path', async t => {
  const { origin, asked } = await startRedirecting(t, (path, { headers }) => path === '/v2/x' ? `http://${headers.host}/v2/x/` : undefined)
  const dispatcher = createDispatcher(t, locationOf({ fastapiRedirect: true, upstreams: [createTarget(origin, { basePath: '/v2' })] }))
  await textOf(await dispatch(dispatcher, { path: '/x', host: 'gw.example' }).result)
  t.strictSame(asked, ['GET /v2/x', 'GET /v2/x/'])
})

t.test('a location that does not follow leaves every redirect to the client', async t => {
  const { origin, asked } = await startRedirecting(t, addSlash)
  const dispatcher = createDispatcher(t, locationOf({ upstreams: [createTarget(origin)] }))
  for (let i = 0; i < 2; i++) t.match(await dispatch(dispatcher, { path: '/x' }).result, { statusCode: 307, headers: { location: '/x/' } })
  t.strictSame(asked, ['GET /x', 'GET /x'])
})

t.test('a redirect of a streamed body is the client\'s', async t => {
  const { origin, asked } = await startRedirecting(t, addSlash)
  const dispatcher = createDispatcher(t, following(origin))
  const source = new PassThrough().end('abc')
  t.match(await dispatch(dispatcher, { method: 'POST', path: '/x', body: new RequestBody(source) }).result, { statusCode: 307, headers: { location: '/x/' } })
  t.strictSame(asked, ['POST /x abc'])
})

t.test('where a path led is asked for at once the next time, each time with its own query', async t => {
  const { origin, asked } = await startRedirecting(t, addSlash)
  const dispatcher = createDispatcher(t, following(origin))
  for (const path of ['/x?a=1', '/x?b=2', '/x']) await textOf(await dispatch(dispatcher, { path }).result)
  t.strictSame(asked, ['GET /x?a=1', 'GET /x/?a=1', 'GET /x/?b=2', 'GET /x/'])
  await textOf(await dispatch(dispatcher, { method: 'DELETE', path: '/x' }).result)
  t.equal(asked.at(-2), 'DELETE /x', 'another method is another path')
})

t.test('a streamed body goes to a remembered path, too', async t => {
  const { origin, asked } = await startRedirecting(t, addSlash)
  const dispatcher = createDispatcher(t, following(origin))
  await textOf(await dispatch(dispatcher, { method: 'POST', path: '/x', body: Buffer.from('a') }).result)
  t.equal(await textOf(await dispatch(dispatcher, { method: 'POST', path: '/x', body: new RequestBody(new PassThrough().end('b')) }).result), 'POST /x/ b')
  t.equal(asked.length, 3)
})

t.test('without redirectCache every request is redirected', async t => {
  const { origin, asked } = await startRedirecting(t, addSlash)
  const dispatcher = createDispatcher(t, following(origin, { redirectCache: false }))
  for (let i = 0; i < 2; i++) await textOf(await dispatch(dispatcher, { path: '/x' }).result)
  t.strictSame(asked, ['GET /x', 'GET /x/', 'GET /x', 'GET /x/'])
})

t.test('a redirect that is about more than a slash is not remembered', async t => {
  const { origin, asked } = await startRedirecting(t, path => path === '/old' ? '/new' : undefined)
  const dispatcher = createDispatcher(t, following(origin))
  for (let i = 0; i < 2; i++) await textOf(await dispatch(dispatcher, { path: '/old' }).result)
  t.strictSame(asked, ['GET /old', 'GET /new', 'GET /old', 'GET /new'])
})

for (const statusCode of [302, 404, 405, 500, 503]) {
  t.test(`a remembered path that answers ${statusCode} is forgotten, and the answer is the client's`, async t => {
    let status = 200
    const asked: Asked = []
    const origin = await startUpstream(t, (request, response) => {
      asked.push(request.url!)
      if (request.url === '/x') response.writeHead(307, { location: '/x/' })
      else response.writeHead(status, { 'content-type': 'text/plain' })
      response.end()
    })
    const dispatcher = createDispatcher(t, following(origin))
    await textOf(await dispatch(dispatcher, { path: '/x' }).result)
    status = statusCode
    t.match(await dispatch(dispatcher, { path: '/x' }).result, { statusCode })
    t.strictSame(asked, ['/x', '/x/', '/x/'])
    status = 200
    await textOf(await dispatch(dispatcher, { path: '/x' }).result)
    t.strictSame(asked.slice(3), ['/x', '/x/'])
  })
}

t.test('a remembered path that answers 422 or 304 is still what was meant', async t => {
  const asked: Asked = []
  const origin = await startUpstream(t, (request, response) => {
    asked.push(request.url!)
    if (request.url === '/x') response.writeHead(307, { location: '/x/' })
    else response.writeHead(asked.length % 2 === 0 ? 422 : 304, { 'content-type': 'text/plain' })
    response.end()
  })
  const dispatcher = createDispatcher(t, following(origin))
  for (let i = 0; i < 3; i++) await textOf(await dispatch(dispatcher, { path: '/x' }).result)
  t.strictSame(asked, ['/x', '/x/', '/x/', '/x/'])
})

t.test('an app that turns its slashes around is followed the other way', async t => {
  let location = addSlash
  const { origin, asked } = await startRedirecting(t, path => location(path))
  const dispatcher = createDispatcher(t, following(origin))
  await textOf(await dispatch(dispatcher, { path: '/x' }).result)
  location = path => path.endsWith('/') ? path.slice(0, -1) : undefined
  t.equal(await textOf(await dispatch(dispatcher, { path: '/x' }).result), 'GET /x')
  t.equal(await textOf(await dispatch(dispatcher, { path: '/x' }).result), 'GET /x')
  t.strictSame(asked, ['GET /x', 'GET /x/', 'GET /x/', 'GET /x', 'GET /x'])
})

t.test('a client that goes away while a redirect is followed stops it', async t => {
  const requests: IncomingMessage[] = []
  const origin = await startUpstream(t, (request, response) => {
    if (request.url === '/x') response.writeHead(307, { location: '/x/' }).end('moved')
    else requests.push(request)
  })
  const dispatcher = createDispatcher(t, following(origin))
  const { exchange, failures } = dispatch(dispatcher, { path: '/x' })
  while (requests.length === 0) await setTimeout(5)
  exchange.close(false)
  if (!requests[0]!.socket.closed) await closeOf(requests[0]!.socket)
  t.strictSame([inFlightOf(dispatcher), failures], [0, []])
  t.equal(exchange.failure?.code, 'GW_ERR_CLIENT_CLOSED')
})

t.test('a failure behind a redirect is one failure', async t => {
  const origin = await startRawUpstream(t, socket => socket.on('data', chunk => {
    if (chunk.toString().startsWith('GET /x ')) socket.write('HTTP/1.1 307 Moved\r\nLocation: /x/\r\nContent-Length: 0\r\n\r\n')
    else socket.resetAndDestroy()
  }))
  const dispatcher = createDispatcher(t, following(origin))
  const { failures, result } = dispatch(dispatcher, { path: '/x' })
  t.match(await result, { code: 'GW_ERR_UPSTREAM_UNREACHABLE' })
  t.strictSame([failures.length, inFlightOf(dispatcher)], [1, 0])
})

t.test('timeouts.request bounds all redirects together', async t => {
  const origin = await startUpstream(t, async (request, response) => {
    await setTimeout(60)
    response.writeHead(307, { location: `/${Number(request.url!.slice(1)) + 1}` }).end()
  })
  const dispatcher = createDispatcher(t, following(origin, { timeouts: { request: 150 } }))
  t.match(await dispatch(dispatcher, { path: '/1' }).result, { code: 'GW_ERR_UPSTREAM_TIMEOUT' })
  t.equal(inFlightOf(dispatcher), 0)
})

t.test('a redirect that no request line can carry is the client\'s', async t => {
  const origin = await startCannedUpstream(t, 'HTTP/1.1 307 Moved\r\nLocation: /a b\r\nContent-Length: 0\r\n\r\n')
  const dispatcher = createDispatcher(t, following(origin))
  t.match(await dispatch(dispatcher, { path: '/x' }).result, { statusCode: 307, headers: { location: '/a b' } })
})
