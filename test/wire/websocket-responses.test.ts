import { once } from 'node:events'
import http from 'node:http'
import fastifyWebSocket from '@fastify/websocket'
import Fastify from 'fastify'
import t from 'tap'
import WebSocket, { WebSocketServer } from 'ws'
import gateway from '../../index.ts'
import { listenGateway, onEachServer, startGateway } from '../helpers/gateways.ts'
import { connectRaw } from '../helpers/raw-client.ts'
import { startCannedUpstream, startRawUpstream, startUpstream } from '../helpers/upstreams.ts'
import { closing, soon } from '../helpers/waiting.ts'
import { closeOf, handshake, nextMessage, openWebSocket, refusalOf, startWebSocketUpstream } from '../helpers/websocket.ts'

// The responses to a handshake.

for (const [statusCode, body] of [[401, 'who are you?'], [403, '{"no":true}'], [404, 'no such room']] as const) {
  onEachServer(`a refusal by the app with ${statusCode} is passed on with its body`, async (t, listen) => {
    const server = http.createServer()
    server.on('upgrade', (_request, socket) => {
      socket.end(`HTTP/1.1 ${statusCode} ${http.STATUS_CODES[statusCode]}\r\nX-Why: because\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    t.teardown(() => server.close())
    const { origin } = await listen(t, { apps: [{ name: 'app', upstreams: `127.0.0.1:${(server.address() as { port: number }).port}` }] })
    t.match(await refusalOf(`${origin}/app/`), { statusCode, body, headers: { 'x-why': 'because', connection: 'close' } })
  })
}

onEachServer('an app that does not know WebSocket responds as to any request', async (t, listen) => {
  const upstream = await startUpstream(t, (request, response) => response.end(`${request.method} ${request.url} as a page`))
  const { origin } = await listen(t, { apps: [{ name: 'app', upstreams: upstream }] })
  t.match(await refusalOf(`${origin}/app/x`), { statusCode: 200, body: 'GET /x as a page' })
})

t.test('a dead upstream is 502, a silent one 504', async t => {
  const silent = await startRawUpstream(t, () => {})
  const { origin } = await listenGateway(t, {
    apps: [
      { name: 'dead', upstreams: '127.0.0.1:1' },
      { name: 'silent', upstreams: silent, timeouts: { headers: 50 } },
    ],
  })
  t.match(await refusalOf(`${origin}/dead/`), { statusCode: 502, body: /GW_ERR_UPSTREAM_UNREACHABLE/ })
  t.match(await refusalOf(`${origin}/silent/`), { statusCode: 504, body: /GW_ERR_UPSTREAM_TIMEOUT/ })
})

t.test('a connection that fails is tried on another upstream', async t => {
  const upstream = await startWebSocketUpstream(t)
  const { origin } = await startGateway(t, ['127.0.0.1:1', upstream.origin])
  for (let i = 0; i < 4; i++) {
    const socket = await openWebSocket(t, `${origin}/app/`)
    socket.send('there?')
    t.equal((await nextMessage(socket)).data.toString(), 'there?')
  }
})

t.test('a switch to something that was not requested is 502', async t => {
  for (const head of ['Upgrade: telnet\r\nConnection: Upgrade', 'Connection: Upgrade', 'Upgrade: websocket\r\nUpgrade: x\r\nConnection: Upgrade']) {
    const upstream = await startCannedUpstream(t, `HTTP/1.1 101 Switching Protocols\r\n${head}\r\n\r\n`)
    const { origin } = await startGateway(t, upstream, { retry: false })
    t.match(await refusalOf(`${origin}/app/`), { statusCode: 502, body: /GW_ERR_BAD_UPSTREAM_RESPONSE/ }, head)
  }
})

onEachServer('websocket: false refuses, and the app gets no request', async (t, listen) => {
  const upstream = await startWebSocketUpstream(t)
  const { origin } = await listen(t, { apps: [{ name: 'app', upstreams: upstream.origin, websocket: false }] })
  t.match(await refusalOf(`${origin}/app/`), { statusCode: 403, body: /GW_ERR_UPGRADE_REFUSED/ })
  t.strictSame(upstream.requests, [])
})

onEachServer('a path that leaves its prefix and one that no app owns are answered as to any request', async (t, listen, isOwn) => {
  const upstream = await startWebSocketUpstream(t)
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream.origin }] })
  for (const [path, expected] of [['/app/../x', isOwn ? /^HTTP\/1.1 400 .*GW_ERR_BAD_PATH/s : /^HTTP\/1.1 400 /], ['/other', /^HTTP\/1.1 404 /]] as const) {
    const client = await connectRaw(t, port)
    client.write(handshake(path))
    t.match(await soon(client.closed(), 'the end'), expected)
  }
})

onEachServer('a malformed handshake is refused, and its connection closed', async (t, listen) => {
  const upstream = await startWebSocketUpstream(t)
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream.origin }] })
  const client = await connectRaw(t, port)
  client.write(handshake('/app/', { Host: 'a b' }))
  t.match(await soon(client.closed(), 'the end'), /^HTTP\/1.1 400 .*GW_ERR_BAD_REQUEST/s)
})

t.test('hooks of the server decide: a handshake that they refuse never reaches the app', async t => {
  const upstream = await startWebSocketUpstream(t)
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  const ends: number[] = []
  fastify.addHook('onRequest', async (request, reply) => {
    if (request.headers.authorization !== 'Bearer good') return reply.code(401).header('www-authenticate', 'Bearer').send({ error: 'no token' })
  })
  fastify.addHook('onResponse', async (_request, reply) => { ends.push(reply.statusCode) })
  await fastify.register(gateway, { shutdown: { gracePeriod: 100 }, apps: [{ name: 'app', upstreams: upstream.origin }] })
  const origin = await fastify.listen({ port: 0, host: '127.0.0.1' })

  t.match(await refusalOf(`${origin}/app/`), { statusCode: 401, body: '{"error":"no token"}', headers: { 'www-authenticate': 'Bearer' } })
  t.strictSame([ends, upstream.requests], [[401], []])

  const socket = await openWebSocket(t, `${origin}/app/`, [], { headers: { authorization: 'Bearer good' } })
  socket.send('in')
  await nextMessage(socket)
  t.strictSame(ends, [401], 'the response is over when the socket is')
  socket.close()
  await closeOf(socket)
  while (ends.length < 2) await new Promise(setImmediate)
  t.strictSame(ends, [401, 101])
})

t.test('a socket is one line of the log, when it is over', async t => {
  const upstream = await startWebSocketUpstream(t)
  const lines: Record<string, unknown>[] = []
  const { origin } = await startGateway(t, upstream.origin, {}, {
    disableRequestLogging: true,
    logger: { level: 'info', stream: { write: (line: string) => { lines.push(JSON.parse(line) as Record<string, unknown>) } } },
  })
  const socket = await openWebSocket(t, `${origin}/app/`)
  const forwarded = () => lines.filter(({ app }) => app === 'app')
  t.strictSame(forwarded(), [])
  socket.close()
  await closeOf(socket)
  while (forwarded().length === 0) await new Promise(setImmediate)
  t.match(forwarded(), [{ level: 30, msg: 'request forwarded', upstream: upstream.origin, statusCode: 101, durationMs: Number, retries: 0 }])
  t.equal(forwarded().length, 1)
})

t.test('a client that leaves before the response takes its upstream request along', async t => {
  const gone = new Promise<void>((resolve, reject) => {
    startRawUpstream(t, socket => { socket.once('data', () => { closing(socket).then(resolve, reject) }) }).then(async upstream => {
      const { port } = await startGateway(t, upstream)
      for (const leave of ['end', 'destroy'] as const) {
        const client = await connectRaw(t, port)
        client.write(handshake('/app/'))
        await new Promise(resolve => setTimeout(resolve, 50))
        client.socket[leave]()
      }
    }).catch(reject)
  })
  await soon(gone, 'the end of the upstream\'s connection')
})

t.test('@fastify/websocket in the same server keeps its routes, and the apps theirs', async t => {
  const upstream = await startWebSocketUpstream(t)
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  await fastify.register(async scope => {
    await scope.register(fastifyWebSocket)
    scope.get('/own', { websocket: true }, socket => { socket.on('message', (data: Buffer) => socket.send(`own ${data.toString()}`)) })
  })
  await fastify.register(gateway, { shutdown: { gracePeriod: 100 }, apps: [{ name: 'app', upstreams: upstream.origin }] })
  const origin = await fastify.listen({ port: 0, host: '127.0.0.1' })
  for (const [path, expected] of [['/own', 'own hello'], ['/app/', 'hello']] as const) {
    const socket = await openWebSocket(t, origin + path)
    socket.send('hello')
    t.equal((await nextMessage(socket)).data.toString(), expected)
    socket.close()
    await closeOf(socket)
  }
  t.match(await refusalOf(`${origin}/nothing`), { statusCode: 404 })
})

t.test('@fastify/websocket in the gateway\'s own scope would refuse the apps\' sockets, and is refused itself', async t => {
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  await fastify.register(fastifyWebSocket)
  const options = { apps: [{ name: 'app', upstreams: '127.0.0.1:1' }] }
  await t.rejects(async () => { await fastify.register(gateway, options) }, { code: 'GW_ERR_CONFIG', problems: [{ path: '', message: /scope of its own/ }] })
})

t.test('a server\'s own listener for upgrades keeps what the gateway does not own', async t => {
  const upstream = await startWebSocketUpstream(t)
  const { fastify, origin } = await startGateway(t, upstream.origin)
  const own = new WebSocketServer({ noServer: true })
  fastify.server.on('upgrade', (request, socket, head) => {
    if (request.url === '/own') own.handleUpgrade(request, socket, head, socket => socket.send('own'))
  })
  const [socket] = await Promise.all([openWebSocket(t, `${origin}/app/`), new Promise<void>((resolve, reject) => {
    const mine = new WebSocket(`${origin}/own`.replace('http', 'ws'))
    mine.on('error', reject).on('message', data => {
      t.equal((data as Buffer).toString(), 'own')
      mine.close()
      resolve()
    })
  })])
  socket.send('through')
  t.equal((await nextMessage(socket)).data.toString(), 'through')
})
