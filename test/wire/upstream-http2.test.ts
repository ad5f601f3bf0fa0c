import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import http2, { constants, type ServerHttp2Stream } from 'node:http2'
import t, { type Test } from 'tap'
import { startGateway } from '../helpers/gateways.ts'
import { sendRequest } from '../helpers/http1-client.ts'
import { HEADERS, RST_STREAM } from '../helpers/http2-codec.ts'
import { startUpstream } from '../helpers/upstreams.ts'
import { soon } from '../helpers/waiting.ts'
import { startPeer } from '../lib/transport/http2/frames.ts'
import { pem, socketPathFor, startHttp2, startSecureHttp2, type StreamListener, until, watch } from '../lib/transport/http2/support.ts'

const respond: StreamListener = (stream, headers) => {
  stream.respond({ ':status': 200, 'content-type': 'text/plain', 'set-cookie': ['a=1', 'b=2'] })
  stream.end(`${headers[':scheme']} ${headers[':method']} ${headers[':path']}`)
}

const h2c = (origin: string) => origin.replace('http:', 'h2c:')

const ways: {
  name: string
  start: (t: Test) => Promise<Parameters<typeof startGateway>[1]>
  flags?: { http2: boolean }
  scheme: string
}[] = [
  { name: 'h2c: in the address', start: async t => h2c((await startHttp2(t, respond)).origin), scheme: 'http' },
  {
    name: 'http2 of the upstream',
    start: async t => [{ url: (await startHttp2(t, respond)).origin, http2: true }],
    scheme: 'http',
  },
  {
    name: 'http2 of the location',
    start: async t => (await startHttp2(t, respond)).origin,
    flags: { http2: true },
    scheme: 'http',
  },
  {
    name: 'https: and http2',
    start: async t => [{ url: (await startSecureHttp2(t, respond)).origin, http2: true, ca: pem('address.cert') }],
    scheme: 'https',
  },
  {
    name: 'unix: and http2',
    start: async t => (await watch(t, http2.createServer(), respond, 'http', socketPathFor(t))).origin,
    flags: { http2: true },
    scheme: 'http',
  },
]

for (const { name, start, flags, scheme } of ways) {
  t.test(`HTTP/2 is spoken to an upstream: ${name}`, async t => {
    const { port } = await startGateway(t, await start(t), flags)
    const { statusCode, statusMessage, headers, body } = await sendRequest(port, '/app/x?y')
    t.equal(statusCode, 200)
    t.equal(statusMessage, 'OK', 'the reason phrase that HTTP/2 does not have')
    t.equal(body.toString(), `${scheme} GET /x?y`)
    t.strictSame(headers['set-cookie'], ['a=1', 'b=2'])
  })
}

t.test('an upstream may listen on a Unix socket, with a base path', async t => {
  const path = socketPathFor(t)
  const server = http.createServer((request, response) => {
    if (request.url === '/v2/away') response.writeHead(302, { location: 'http://localhost/v2/home' }).end()
    else response.end(`${request.headers.host} ${request.url}`)
  }).listen(path)
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = await startGateway(t, `unix:${path}:/v2`, { rewriteHost: true })
  t.equal((await sendRequest(port, '/app/x')).body.toString(), 'localhost /v2/x')
  t.equal((await sendRequest(port, '/app/away')).headers.location, '/app/home')
})

t.test('an upstream without its Unix socket cannot be reached', async t => {
  const { port } = await startGateway(t, `unix:${socketPathFor(t)}`)
  const { statusCode, body } = await sendRequest(port, '/app/')
  t.equal(statusCode, 502)
  t.match(JSON.parse(body.toString()), { code: 'GW_ERR_UPSTREAM_UNREACHABLE' })
})

t.test('a body goes up and comes down whole', async t => {
  const { origin } = await startHttp2(t, stream => {
    stream.respond({ ':status': 200 })
    stream.pipe(stream)
  })
  const { port } = await startGateway(t, h2c(origin))
  const body = randomBytes(5_000_000)
  const reply = await sendRequest(port, '/app/', { method: 'POST', body })
  t.equal(hash(reply.body), hash(body))
  t.ok(reply.isComplete)
})

const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

t.test('many at a time share few connections', async t => {
  const { origin, sessions } = await startHttp2(t, respond)
  const { port } = await startGateway(t, h2c(origin))
  const replies = await Promise.all(Array.from({ length: 200 }, () => sendRequest(port, '/app/')))
  t.ok(replies.every(({ statusCode }) => statusCode === 200))
  t.ok(sessions.length <= 2, `${sessions.length} connections`)
})

t.test('a redirect to the upstream itself is the client\'s', async t => {
  const { origin } = await startHttp2(t, stream => stream.respond({ ':status': 302, location: `${origin}/home` }, { endStream: true }))
  const { port } = await startGateway(t, h2c(origin))
  t.equal((await sendRequest(port, '/app/')).headers.location, '/app/home')
})

t.test('a server of HTTP/1.1 is no upstream in HTTP/2', async t => {
  const origin = await startUpstream(t, (_request, response) => response.end())
  const { port } = await startGateway(t, h2c(origin))
  const { statusCode, body } = await sendRequest(port, '/app/')
  t.equal(statusCode, 502)
  t.match(JSON.parse(body.toString()), { code: 'GW_ERR_BAD_UPSTREAM_RESPONSE' })
})

t.test('a request goes to another upstream when its stream was refused, with any method', async t => {
  const { origin: refusing } = await startHttp2(t, stream => stream.close(constants.NGHTTP2_REFUSED_STREAM))
  const { origin } = await startHttp2(t, respond)
  const { port } = await startGateway(t, [h2c(refusing), h2c(origin)], { outlierDetection: false })
  for (let count = 0; count < 4; count++) {
    const { statusCode, body } = await sendRequest(port, '/app/', { method: 'POST', body: 'x' })
    t.equal(statusCode, 200)
    t.equal(body.toString(), 'http POST /')
  }
})

t.test('a request that was acted on is not repeated', async t => {
  let count = 0
  const { origin } = await startHttp2(t, stream => {
    count++
    stream.close(constants.NGHTTP2_INTERNAL_ERROR)
  })
  const { port } = await startGateway(t, h2c(origin))
  t.equal((await sendRequest(port, '/app/', { method: 'POST', body: 'x' })).statusCode, 502)
  t.equal(count, 1)
})

t.test('an upstream that closes its connections in good order, again and again, loses no request and is not ejected', async t => {
  let count = 0
  const arrivals = new Map<string, number>()
  const { origin, sessions } = await startHttp2(t, (stream, headers) => {
    const path = headers[':path']!
    arrivals.set(path, (arrivals.get(path) ?? 0) + 1)
    if (++count % 7 === 0) stream.session!.close()
    respond(stream, headers, [])
  })
  const { port } = await startGateway(t, h2c(origin))
  let id = 0
  const worker = async () => {
    const statuses: number[] = []
    for (let round = 0; round < 20; round++) statuses.push((await sendRequest(port, `/app/${id++}`, { method: 'POST', body: 'x' })).statusCode)
    return statuses
  }
  const statuses = (await Promise.all([1, 2, 3, 4, 5].map(worker))).flat()
  t.strictSame([...new Set(statuses)], [200])
  t.strictSame([...new Set(arrivals.values())], [1], 'each arrives once')
  t.ok(sessions.length > 10)
})

for (const code of ['NGHTTP2_NO_ERROR', 'NGHTTP2_CANCEL', 'NGHTTP2_INTERNAL_ERROR'] as const) {
  t.test(`a response that is reset with ${code} in its middle breaks off for the client, too`, async t => {
    const { origin } = await startPeer(t, ({ type, stream }, peer) => {
      if (type === HEADERS) peer.head(stream).data(stream, 'half').reset(stream, constants[code])
    })
    const { port } = await startGateway(t, h2c(origin))
    t.equal((await sendRequest(port, '/app/').catch(() => ({ isComplete: false }))).isComplete, false)
  })
}

for (const { name, method, status } of [{ name: 'to a HEAD', method: 'HEAD', status: '200' }, { name: 'with status 204', method: 'GET', status: '204' }]) {
  t.test(`a response ${name} that its upstream never ends is complete, and its lease ends`, async t => {
    const { origin, peers } = await startPeer(t, ({ type, stream }, peer) => {
      if (type === HEADERS) peer.head(stream, { status })
    })
    const { port } = await startGateway(t, h2c(origin), { limits: { maxConnections: 1, maxPending: 0 } })
    for (let count = 0; count < 3; count++) {
      t.match(await sendRequest(port, '/app/', { method }), { statusCode: Number(status), isComplete: true })
      await soon(until(() => peers[0]!.frames.filter(({ type }) => type === RST_STREAM).length > count), 'the reset of its stream')
    }
    t.equal(peers.length, 1)
  })
}

t.test('a client that leaves resets its stream, and the connection goes on', async t => {
  const streams: ServerHttp2Stream[] = []
  const { origin, sessions } = await startHttp2(t, (stream, headers, raw) => {
    streams.push(stream)
    if (headers[':path'] !== '/slow') return respond(stream, headers, raw)
    stream.respond({ ':status': 200 })
    stream.write('a')
  })
  const { port } = await startGateway(t, h2c(origin))
  const request = http.get({ port, host: '127.0.0.1', path: '/app/slow', agent: false }).on('error', () => {})
  await once(request, 'response')
  request.destroy()
  await until(() => streams[0]!.destroyed)
  t.equal(streams[0]!.rstCode, constants.NGHTTP2_CANCEL)
  t.equal((await sendRequest(port, '/app/')).statusCode, 200)
  t.equal(sessions.length, 1)
})

t.test('an event stream comes event by event', async t => {
  const { origin, streams } = await startHttp2(t, stream => {
    stream.respond({ ':status': 200, 'content-type': 'text/event-stream' })
    stream.write('data: 1\n\n')
  })
  const { port } = await startGateway(t, h2c(origin))
  const [response] = await once(http.get({ port, host: '127.0.0.1', path: '/app/', agent: false }), 'response') as [http.IncomingMessage]
  response.setEncoding('utf8')
  let text = ''
  response.on('data', chunk => { text += chunk })
  await until(() => text === 'data: 1\n\n')
  streams[0]!.write('data: 2\n\n')
  await until(() => text.endsWith('data: 2\n\n'))
  streams[0]!.end()
  await once(response, 'end')
})

t.test('health checks speak HTTP/2 to upstreams that do', async t => {
  const { origin } = await startHttp2(t, respond)
  const { fastify } = await startGateway(t, h2c(origin), { healthCheck: { path: '/health', rise: 1 } })
  await until(() => fastify.gateway.isReady())
  t.ok(fastify.gateway.isReady())
})
