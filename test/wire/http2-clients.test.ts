import { once } from 'node:events'
import http2 from 'node:http2'
import { connect } from 'node:net'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import t, { type Test } from 'tap'
import gateway, { type GatewayPluginOptions } from '../../index.ts'
import { connectHttp2, readHttp2Response, sendHttp2Request } from '../helpers/http2-client.ts'
import { encodeFields, encodeFrame, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PREFACE, readFrames, RST_STREAM, SETTINGS } from '../helpers/http2-codec.ts'
import { portOf } from '../helpers/servers.ts'
import { startCannedUpstream, startRawUpstream, startRecorder, startUpstream } from '../helpers/upstreams.ts'
import { closing, defer, soon } from '../helpers/waiting.ts'

/** The gateway in a host server that speaks HTTP/2 without TLS, and a client's connection to it. */
async function startHttp2Gateway (
  t: Test,
  options: GatewayPluginOptions,
  server: FastifyServerOptions = {},
  before: (fastify: FastifyInstance) => void = () => {}
) {
  const fastify = Fastify({ http2: true, ...server } as FastifyServerOptions)
  t.teardown(() => fastify.close())
  before(fastify)
  await fastify.register(gateway, { shutdown: { gracePeriod: 100 }, ...options })
  const origin = await fastify.listen({ port: 0, host: '127.0.0.1' })
  const session = await connectHttp2(t, origin)
  return {
    fastify,
    session,
    origin,
    port: portOf(fastify.server),
    close: async () => {
      await fastify.close()
    },
  }
}

t.test('a request reaches an HTTP/1.1 app as one: pseudo fields translated, cookies in one field', async t => {
  const recorder = await startRecorder(t)
  const { session } = await startHttp2Gateway(t, { apps: [{ name: 'app', upstreams: recorder.origin }] })
  const reply = await sendHttp2Request(session, {
    ':path': '/app/a%2Fb?q=1&q=2', ':authority': 'shop.example:8443', cookie: ['a=1', 'b=2', 'c=3'], 'x-list': 'one', te: 'trailers', 'x-request-id': 'me',
  })
  t.match(reply, { status: 200, body: Buffer.from('/a%2Fb?q=1&q=2'), headers: { 'x-request-id': 'me' } })
  t.equal(recorder.bytes(), [
    'GET /a%2Fb?q=1&q=2 HTTP/1.1', 'host: shop.example:8443', 'connection: keep-alive', 'cookie: a=1; b=2; c=3', 'x-list: one', 'x-request-id: me', 'TE: trailers', 'connection: TE',
    'X-Forwarded-For: 127.0.0.1', 'X-Forwarded-Proto: http', 'X-Forwarded-Port: 8443', 'X-Forwarded-Host: shop.example:8443', 'X-Forwarded-Prefix: /app', '', '',
  ].join('\r\n'))
})

t.test('bodies go both ways, with and without a length', async t => {
  const upstream = await startUpstream(t, (request, response) => {
    response.setHeader('x-framing', request.headers['content-length'] ?? request.headers['transfer-encoding'] ?? 'none')
    request.pipe(response)
  })
  const { session } = await startHttp2Gateway(t, { apps: [{ name: 'app', upstreams: upstream }] })
  const bytes = Buffer.alloc(300_000, 'x')
  const post = { ':method': 'POST', ':path': '/app/' }
  t.match(await sendHttp2Request(session, post, bytes), { body: bytes, headers: { 'x-framing': 'chunked' } })
  t.match(await sendHttp2Request(session, { ...post, 'content-length': bytes.length, 'content-type': 'application/json' }, bytes), { body: bytes, headers: { 'x-framing': '300000' } })
  t.match(await sendHttp2Request(session, { ':method': 'POST', ':path': '/app/' }), { body: Buffer.alloc(0) })
  t.match(await sendHttp2Request(session, { ':method': 'DELETE', ':path': '/app/' }, 'why'), { body: Buffer.from('why') })
  t.match(await sendHttp2Request(session, { ':method': 'HEAD', ':path': '/app/' }), { status: 200, body: Buffer.alloc(0) })
})

t.test('of a response what belongs to its HTTP/1.1 connection stays behind', async t => {
  const upstream = await startCannedUpstream(t, 'HTTP/1.1 200 Fine\r\nConnection: keep-alive, x-hop\r\nKeep-Alive: timeout=5\r\nX-Hop: 1\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n')
  const warnings: unknown[] = []
  process.on('warning', warning => warnings.push(warning))
  const { session } = await startHttp2Gateway(t, { apps: [{ name: 'app', upstreams: upstream }] })
  const { status, headers, body } = await sendHttp2Request(session, { ':path': '/app/' })
  t.strictSame([status, body.toString(), headers['set-cookie']], [200, 'ok', ['a=1', 'b=2']])
  for (const name of ['connection', 'keep-alive', 'x-hop', 'transfer-encoding']) t.notHas(headers, name)
  await new Promise(setImmediate)
  t.strictSame(warnings.filter(warning => /HTTP2/.test(String((warning as Error).name))), [])
})

t.test('trailers go both ways', async t => {
  const seen = defer<NodeJS.Dict<string>>()
  const upstream = await startUpstream(t, (request, response) => {
    request.resume().on('end', () => {
      seen.resolve(request.trailers)
      response.writeHead(200, { trailer: 'x-sum, set-cookie' })
      response.write('body')
      response.addTrailers({ 'X-Sum': '4', 'Set-Cookie': 'a=1' })
      response.end()
    })
  })
  const { session } = await startHttp2Gateway(t, { apps: [{ name: 'app', upstreams: upstream }] })
  const stream = session.request({ ':method': 'POST', ':path': '/app/', trailer: 'x-up' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'x-up': '1', 'if-match': '3' }))
  stream.end('up')
  const reply = await readHttp2Response(stream)
  t.match(reply, { body: Buffer.from('body'), headers: { trailer: 'x-sum, set-cookie' } })
  t.equal(JSON.stringify(reply.trailers), '{"x-sum":"4"}')
  t.strictSame({ ...await seen.promise }, { 'x-up': '1' })
})

t.test('what node takes once over HTTP/2 is one line there, in headers and in trailers', async t => {
  const upstream = await startCannedUpstream(t, [
    'HTTP/1.1 200 OK', 'X-Content-Type-Options: nosniff', 'x-content-type-options: nosniff', 'Content-Language: de', 'Content-Language: en', 'Vary: a', 'Vary: b', 'Transfer-Encoding: chunked',
    '', '2', 'ok', '0', 'ETag: "a"', 'ETag: "b"', 'X-Sum: 1', 'X-Sum: 2', '', '',
  ].join('\r\n'))
  const { session } = await startHttp2Gateway(t, { apps: [{ name: 'app', upstreams: upstream }] })
  const { status, headers, trailers, body } = await sendHttp2Request(session, { ':path': '/app/' })
  t.match({ status, headers, trailers, body: body.toString() }, {
    status: 200,
    body: 'ok',
    headers: { 'x-content-type-options': 'nosniff', 'content-language': 'de, en', vary: 'a, b' },
    trailers: { etag: '"a", "b"', 'x-sum': '1, 2' },
  })
})

t.test('a stream that is reset while a hook waits is not forwarded', async t => {
  const recorder = await startRecorder(t)
  const { session, fastify } = await startHttp2Gateway(t, { apps: [{ name: 'app', upstreams: recorder.origin }] }, {}, fastify => {
    fastify.addHook('onRequest', async request => { await once((request.raw as unknown as http2.Http2ServerRequest).stream, 'close') })
  })
  const done = new Promise<void>(resolve => fastify.server.once('request', (_request, response) => response.once('close', resolve)))
  const stream = session.request({ ':path': '/app/' })
  stream.on('error', () => {})
  await once(fastify.server, 'request')
  stream.close(http2.constants.NGHTTP2_CANCEL)
  await done
  await new Promise(resolve => setTimeout(resolve, 50))
  t.equal(recorder.bytes(), '')
})

t.test('without TLS, too, requests under way at a stop are finished', async t => {
  const gate = defer()
  const upstream = await startUpstream(t, (_request, response) => { gate.promise.then(() => response.end('in time'), t.bailout) })
  const { session, close } = await startHttp2Gateway(t, { shutdown: { gracePeriod: 20_000 }, apps: [{ name: 'app', upstreams: upstream }] })
  const reply = sendHttp2Request(session, { ':path': '/app/' })
  await new Promise(resolve => setTimeout(resolve, 50))
  const closed = close()
  await new Promise(resolve => setTimeout(resolve, 50))
  gate.resolve()
  t.equal((await reply).body.toString(), 'in time')
  await soon(closed, 'the stop')
})

t.test('early hints and 102 are passed on', async t => {
  const upstream = await startCannedUpstream(t, [
    'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload; as=style, </b.js>; rel=preload\r\nX-Note: 1\r\n\r\n',
    'HTTP/1.1 102 Processing\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok',
  ].join(''))
  const { session } = await startHttp2Gateway(t, { apps: [{ name: 'app', upstreams: upstream }] })
  const { interim, body } = await sendHttp2Request(session, { ':path': '/app/' })
  t.match(interim, [{ ':status': 103, link: '</a.css>; rel=preload; as=style, </b.js>; rel=preload', 'x-note': '1' }, { ':status': 102 }])
  t.equal(body.toString(), 'ok')
})

t.test('a stream that is reset takes its upstream request along, and leaves the others alone', async t => {
  const requested = [defer(), defer()]
  const ended = defer()
  let release!: () => void
  const upstream = await startUpstream(t, (request, response) => {
    const index = Number(request.url!.slice(1))
    requested[index]!.resolve()
    if (index === 0) request.socket.on('close', () => ended.resolve())
    else release = () => response.end('still here')
  })
  const { session } = await startHttp2Gateway(t, { apps: [{ name: 'app', upstreams: upstream }] })
  const first = session.request({ ':path': '/app/0' })
  first.on('error', () => {})
  const second = readHttp2Response(session.request({ ':path': '/app/1' }))
  await Promise.all(requested.map(({ promise }) => promise))
  first.close(http2.constants.NGHTTP2_CANCEL)
  await soon(ended.promise, 'the end of the upstream\'s connection')
  release()
  t.equal((await second).body.toString(), 'still here')
})

t.test('an upload that is reset takes its upstream request along', async t => {
  const ended = defer()
  const upstream = await startRawUpstream(t, socket => { socket.once('data', () => { closing(socket).then(ended.resolve, t.bailout) }) })
  const { session } = await startHttp2Gateway(t, { apps: [{ name: 'app', upstreams: upstream }] })
  const stream = session.request({ ':method': 'POST', ':path': '/app/' })
  stream.on('error', () => {}).write('some')
  await new Promise(resolve => setTimeout(resolve, 50))
  stream.close(http2.constants.NGHTTP2_CANCEL)
  await soon(ended.promise, 'the end of the upstream\'s connection')
})

t.test('a response that breaks off is a stream that is reset, never one that looks complete', async t => {
  const upstream = await startCannedUpstream(t, 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', { end: true })
  const { session } = await startHttp2Gateway(t, { apps: [{ name: 'app', upstreams: upstream }] })
  await t.rejects(sendHttp2Request(session, { ':path': '/app/' }), { code: 'ERR_HTTP2_STREAM_ERROR', message: /INTERNAL_ERROR/ })
})

t.test('1,000 streams on one connection each get their own response', async t => {
  const upstream = await startUpstream(t, (request, response) => { setTimeout(() => response.end(`for ${request.url}`), 20) })
  const { session } = await startHttp2Gateway(t, { apps: [{ name: 'app', upstreams: upstream, limits: { pendingTimeout: 0 } }] })
  const replies = await Promise.all(Array.from({ length: 1000 }, (_, index) => sendHttp2Request(session, { ':path': `/app/${index}` })))
  t.strictSame(replies.map(({ body }) => body.toString()), replies.map((_, index) => `for /${index}`))
})

t.test('the gateway\'s own responses are the same as over HTTP/1.1', async t => {
  const { session } = await startHttp2Gateway(t, { apps: [{ name: 'app', upstreams: '127.0.0.1:1' }, { name: 'closed', upstreams: '127.0.0.1:1', websocket: false }] })
  for (const [headers, status, code] of [
    [{ ':path': '/app/../x' }, 400, 'GW_ERR_BAD_PATH'],
    [{ ':path': '/app/' }, 502, 'GW_ERR_UPSTREAM_UNREACHABLE'],
    [{ ':path': '/app/', ':method': 'TRACE' }, 405, 'GW_ERR_METHOD_NOT_ALLOWED'],
    [{ ':path': '/app/', ':authority': 'a,b' }, 400, 'GW_ERR_BAD_REQUEST'],
    [{ ':path': '/app/', ':authority': 'a', host: 'b' }, 400, 'GW_ERR_BAD_REQUEST'],
  ] as const) {
    const reply = await sendHttp2Request(session, headers)
    t.match({ status: reply.status, ...JSON.parse(reply.body.toString()) }, { status, code }, JSON.stringify(headers))
  }
  const connect = session.request({ ':method': 'CONNECT', ':authority': 'x:443' })
  t.match(await readHttp2Response(connect), { status: 405 })
})

t.test('what HTTP/2 forbids is refused before it is a request', async t => {
  const recorder = await startRecorder(t)
  const { session, port } = await startHttp2Gateway(t, { apps: [{ name: 'app', upstreams: recorder.origin }] })
  t.throws(() => session.request({ ':path': '/app/', connection: 'keep-alive' }), { code: 'ERR_HTTP2_INVALID_CONNECTION_HEADERS' }, 'also by our own client, so that frames are written by hand')
  const { frames, sendRequest } = await openFrames(t, port)
  const base = [[':method', 'GET'], [':scheme', 'http'], [':path', '/app/'], [':authority', 'x']]
  const cases: Array<[string, string[][]]> = [
    ['a connection header', [...base, ['connection', 'close']]],
    ['a transfer coding', [...base, ['transfer-encoding', 'chunked']]],
    ['an upper-case name', [...base, ['X-Up', '1']]],
    ['a pseudo field behind a field', [...base.slice(1), ['x-a', '1'], base[0]!]],
    ['a pseudo field twice', [...base, [':path', '/app/']]],
    ['an unknown pseudo field', [...base, [':shape', 'round']]],
    ['no path', base.filter(([name]) => name !== ':path')],
    ['another te', [...base, ['te', 'gzip']]],
  ]
  for (const [index, [title, headers]] of cases.entries()) {
    const id = 2 * index + 1
    sendRequest(id, headers)
    const response = await soon(frames(id), title)
    t.ok(response.type === RST_STREAM || response.status === 400, `${title}: ${JSON.stringify(response)}`)
  }
  t.equal(recorder.bytes(), '', 'the app has seen none of them')

  // nghttp2 leaves such a field out.
  sendRequest(99, [...base, ['x-a', 'a\r\nx-b: b'], ['x-c', 'c']])
  t.match(await recorder.until(/\r\n\r\n$/), /^GET \/ HTTP\/1\.1\r\n[^]*\r\nx-c: c\r\n/)
  t.notMatch(recorder.bytes(), /x-[ab]/)
})

interface FrameResponse {
  type: number
  status: number
}

/** A client that writes its frames itself, without compression. */
async function openFrames (t: Test, port: number) {
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write(Buffer.concat([Buffer.from(PREFACE), encodeFrame(SETTINGS, 0, 0)]))
  const responses = new Map<number, FrameResponse>()
  const waiting = new Map<number, (response: FrameResponse) => void>()
  readFrames(socket, 0, ({ type, stream, payload }) => {
    if (![HEADERS, RST_STREAM, GOAWAY].includes(type)) return
    // A status of 400 is index 12 of HPACK's static table.
    const response = { type, status: type === HEADERS && payload[0] === 0x8c ? 400 : 0 }
    responses.set(stream, response)
    waiting.get(stream)?.(response)
  })
  return {
    frames: (id: number) => new Promise<FrameResponse>(resolve => {
      const response = responses.get(id)
      if (response === undefined) waiting.set(id, resolve)
      else resolve(response)
    }),
    sendRequest (id: number, headers: string[][]) {
      socket.write(encodeFrame(HEADERS, END_HEADERS | END_STREAM, id, encodeFields(headers.flat())))
    },
  }
}
