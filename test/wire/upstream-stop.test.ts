import { once } from 'node:events'
import http, { type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { forkGateway } from '../helpers/forked-gateway.ts'
import { listenGateway, listenStandalone } from '../helpers/gateways.ts'
import { sendRequest } from '../helpers/http1-client.ts'
import { connectRaw } from '../helpers/raw-client.ts'
import { pour, startUpstream } from '../helpers/upstreams.ts'
import { closing, defer, soon } from '../helpers/waiting.ts'

const servers = [
  { name: 'a standalone gateway', listen: listenStandalone },
  { name: 'a host server', listen: listenGateway },
]

/** Begins to stop. Resolves when the gateway knows; what it resolves to settles when it has stopped. */
async function beginStop (fastify: FastifyInstance): Promise<{ stopped: Promise<unknown> }> {
  const stopped = fastify.close()
  while (fastify.gateway.isReady()) await turn()
  return { stopped }
}

for (const { name, listen } of servers) {
  t.test(`a slow request is answered whole while ${name} stops`, async t => {
    const requested = defer<ServerResponse>()
    const upstream = await startUpstream(t, (_request, response) => requested.resolve(response))
    const { fastify, port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream }], shutdown: { gracePeriod: '20s' } })
    const client = await connectRaw(t, port)
    client.write('GET /app/slow HTTP/1.1\r\nHost: a\r\n\r\n')
    const response = await requested.promise
    const { stopped } = await beginStop(fastify)

    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 10 }).write('first')
    await soon(client.until(/first/), 'the first part')
    response.end(',last')
    t.match(await soon(client.closed(), 'the response'), /^HTTP\/1\.1 200 [^]*connection: close\r\n[^]*\r\nfirst,last$/i)
    await soon(stopped, 'the stop, long before the grace period is over')
  })

  t.test(`a response that had begun is finished while ${name} stops, and its connection is not kept`, async t => {
    const requested = defer<ServerResponse>()
    const upstream = await startUpstream(t, (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 10 }).write('first')
      requested.resolve(response)
    })
    const { fastify, port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream }], shutdown: { gracePeriod: '20s' } })
    const client = await connectRaw(t, port)
    client.write('GET /app/slow HTTP/1.1\r\nHost: a\r\n\r\n')
    await client.until(/first/)
    const { stopped } = await beginStop(fastify)
    requested.promise.then(response => response.end(',last'))
    t.match(await soon(client.closed(), 'the response'), /\r\n\r\nfirst,last$/)
    await soon(stopped, 'the stop')
  })

  t.test(`an upload goes on while ${name} stops`, async t => {
    const begun = defer()
    const upstream = await startUpstream(t, (request, response) => {
      request.once('data', () => begun.resolve())
      request.resume().on('end', () => response.end('got it'))
    })
    const { fastify, port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream }], shutdown: { gracePeriod: '20s' } })
    const client = await connectRaw(t, port)
    client.write('POST /app/ HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nbegin')
    await begun.promise
    const { stopped } = await beginStop(fastify)
    client.write('ended')
    t.match(await soon(client.closed(), 'the response'), /^HTTP\/1\.1 200 [^]*got it/)
    await soon(stopped, 'the stop')
  })

  t.test(`nothing delays ${name} beyond the grace period`, async t => {
    const sockets = new Set<Socket>()
    const kinds: Record<string, (response: ServerResponse) => void> = {
      '/stream': response => { response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n') },
      '/silent': () => {},
      '/stalled': response => { response.writeHead(200, { 'content-length': 100 }).write('data') },
      '/unread': response => {
        response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 2 ** 32 }).flushHeaders()
        pour(response.socket!, Buffer.alloc(1024 * 1024))
      },
      '/upload': response => { response.req.resume() },
    }
    const all = defer()
    const upstream = await startUpstream(t, (request, response) => {
      kinds[request.url!]!(response)
      sockets.add(request.socket)
      if (sockets.size === Object.keys(kinds).length) all.resolve()
    })
    const { fastify, port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream }], shutdown: { gracePeriod: 200 } })
    const clients = []
    for (const path of Object.keys(kinds)) {
      const client = await connectRaw(t, port)
      clients.push(client)
      if (path === '/unread') client.socket.pause()
      client.write(path === '/upload' ? 'POST /app/upload HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nbegin' : `GET /app${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
    }
    await all.promise
    await clients[0]!.until(/data: 1\n\n/)
    await soon(fastify.close(), 'the stop')
    await soon(Promise.all([...sockets].map(closing)), 'the end of the upstreams\' connections')
    const [stream, , stalled] = clients
    t.notMatch(await soon(stalled!.closed(), 'the stalled client\'s end'), /\r\n0\r\n\r\n$/, 'what was cut does not look whole')
    await soon(stream!.closed(), 'the stream\'s end')
    t.notOk(fastify.server.listening)
  })

  t.test(`a keep-alive connection without a request does not delay ${name}`, async t => {
    const upstream = await startUpstream(t, (_request, response) => response.end('fine'))
    const { fastify, port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream }], shutdown: { gracePeriod: '60s' } })
    const agent = new http.Agent({ keepAlive: true })
    t.teardown(() => agent.destroy())
    await Promise.all([sendRequest(port, '/app/', { agent }), sendRequest(port, '/app/', { agent })])
    await soon(fastify.close(), 'the stop')
    t.pass('it stopped at once')
  })
}

t.test('a request that comes on an open connection while the gateway stops is answered, with Connection: close', async t => {
  const requested = defer<ServerResponse>()
  const upstream = await startUpstream(t, (request, response) => {
    if (request.url === '/slow') requested.resolve(response)
    else response.writeHead(200, { 'content-type': 'text/plain' }).end('fine')
  })
  const { fastify, port } = await listenStandalone(t, { apps: [{ name: 'app', upstreams: upstream }], shutdown: { gracePeriod: '20s' } })
  const accepted = once(fastify.server, 'connection')
  const open = await connectRaw(t, port)
  await accepted
  const slow = sendRequest(port, '/app/slow')
  const response = await requested.promise
  const { stopped } = await beginStop(fastify)

  open.write('GET /app/fine HTTP/1.1\r\nHost: a\r\n\r\n')
  t.match(await soon(open.closed(), 'the response'), /^HTTP\/1\.1 200 [^]*connection: close\r\n[^]*fine/i)
  response.end('slow')
  t.equal((await slow).body.toString(), 'slow')
  await soon(stopped, 'the stop')
})

t.test('a new connection is refused while the gateway stops', async t => {
  const requested = defer<ServerResponse>()
  const upstream = await startUpstream(t, (_request, response) => requested.resolve(response))
  const { fastify, port } = await listenStandalone(t, { apps: [{ name: 'app', upstreams: upstream }], shutdown: { gracePeriod: '20s' } })
  const slow = sendRequest(port, '/app/slow')
  const response = await requested.promise
  const { stopped } = await beginStop(fastify)
  while (fastify.server.listening) await turn()
  await t.rejects(sendRequest(port, '/app/'), { code: 'ECONNREFUSED' })
  response.end('slow')
  t.equal((await slow).body.toString(), 'slow')
  await soon(stopped, 'the stop')
})

t.test('after its stop nothing of the gateway keeps a process alive', async t => {
  const first = defer()
  const upstream = await startUpstream(t, (request, response) => {
    if (request.url === '/stream') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
      first.resolve()
    } else if (request.url !== '/silent') response.end('fine')
  })
  const { port, child } = await forkGateway(t, {
    apps: [
      { name: 'app', upstreams: upstream, healthCheck: { path: '/fine', interval: 50 } },
      { name: 'gone', upstreams: 'http://127.0.0.1:9', healthCheck: { path: '/', unhealthyInterval: 50 } },
      { name: 'silent', upstreams: upstream, healthCheck: { path: '/silent', timeout: '30s' } },
    ],
    shutdown: { gracePeriod: 200 },
    timeouts: { headers: '30s', body: '30s', connect: '30s' },
  })
  await Promise.all(Array.from({ length: 10 }, () => sendRequest(port, '/app/fine')))
  t.equal((await sendRequest(port, '/gone/')).statusCode, 502)
  const agent = new http.Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  await sendRequest(port, '/app/fine', { agent })
  const stream = await connectRaw(t, port)
  stream.write('GET /app/stream HTTP/1.1\r\nHost: a\r\n\r\n')
  await stream.until(/data: 1/)
  const silent = await connectRaw(t, port)
  silent.write('GET /app/silent HTTP/1.1\r\nHost: a\r\n\r\n')

  const exited = once(child, 'exit')
  child.send('close')
  t.strictSame(await soon(exited, 'the end of the process'), [0, null])
})

t.test('a gateway that was never used lets its process end, too', async t => {
  const { child } = await forkGateway(t, { apps: [{ name: 'app', upstreams: 'http://127.0.0.1:9' }], shutdown: { gracePeriod: '60s' } })
  const exited = once(child, 'exit')
  child.send('close')
  t.strictSame(await soon(exited, 'the end of the process'), [0, null])
})

t.test('during shutdown.delay requests are taken as before, and the gateway says that it is not ready', async t => {
  const upstream = await startUpstream(t, (_request, response) => response.writeHead(200, { 'content-type': 'text/plain' }).end('fine'))
  const { fastify, port } = await listenStandalone(t, { apps: [{ name: 'app', upstreams: upstream }], shutdown: { delay: 400, gracePeriod: '20s' } })
  const open = await connectRaw(t, port)
  open.write('GET /app/ HTTP/1.1\r\nHost: a\r\n\r\n')
  t.notMatch(await open.until(/fine/), /connection: close/i)
  t.equal(fastify.gateway.isReady(), true)

  const { stopped } = await beginStop(fastify)
  t.equal(fastify.gateway.isReady(), false)
  for (const [path, status] of [['/app/', 200], ['/nowhere', 404]] as const) {
    const reply = await soon(sendRequest(port, path), 'a response on a new connection')
    t.strictSame([reply.statusCode, reply.headers.connection], [status, 'close'], path)
  }
  open.write('GET /app/ HTTP/1.1\r\nHost: a\r\n\r\n')
  t.match(await soon(open.closed(), 'the response on an open connection'), /fine[^]*connection: close\r\n[^]*fine\r\n0\r\n\r\n$/i)
  await soon(stopped, 'the stop')
  await t.rejects(sendRequest(port, '/app/'), { code: 'ECONNREFUSED' })
})

t.test('a response of the gateway\'s own closes its connection while it stops', async t => {
  const { fastify, port } = await listenStandalone(t, { apps: [{ name: 'gone', upstreams: 'http://127.0.0.1:9' }], retry: false, shutdown: { delay: 300 } })
  const { stopped } = await beginStop(fastify)
  const reply = await sendRequest(port, '/gone/')
  t.strictSame([reply.statusCode, reply.headers.connection], [502, 'close'])
  await soon(stopped, 'the stop')
})

for (const { name, listen } of servers) {
  t.test(`event streams end between two events when ${name} stops, and nothing is waited for`, async t => {
    const responses: ServerResponse[] = []
    const both = defer()
    const upstream = await startUpstream(t, (request, response) => {
      responses.push(response.writeHead(200, { 'content-type': 'text/event-stream' }))
      response.write(request.url === '/between' ? 'data: 1\n\n' : 'data: 1\n\nevent: x\ndata: 2')
      if (responses.length === 2) both.resolve()
    })
    const { fastify, port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream }], shutdown: { gracePeriod: '20s' } })
    const between = await connectRaw(t, port)
    between.write('GET /app/between HTTP/1.1\r\nHost: a\r\n\r\n')
    await between.until(/data: 1\n\n/)
    const inside = await connectRaw(t, port)
    inside.write('GET /app/inside HTTP/1.1\r\nHost: a\r\n\r\n')
    await inside.until(/data: 2/)
    await both.promise

    const { stopped } = await beginStop(fastify)
    t.match(await soon(between.closed(), 'the end of the one'), /data: 1\n\n\r\n0\r\n\r\n$/, 'it ends as a whole response')
    t.notMatch(inside.received(), /\r\n0\r\n\r\n$/)
    responses[1]!.write(' and the rest\n\nevent: y\n')
    t.match(await soon(inside.closed(), 'the end of the other'), /event: x\ndata: 2\r\n[^]* and the rest\n\n\r\n0\r\n\r\n$/)
    await soon(stopped, 'the stop')
    await soon(Promise.all(responses.map(({ req }) => closing(req.socket))), 'the end of the upstream\'s connections')
  })
}

t.test('a pending request, and one that waits for its next attempt, end with the grace period', async t => {
  const upstream = await startUpstream(t, () => {})
  const { fastify, port } = await listenStandalone(t, {
    apps: [{ name: 'full', upstreams: upstream, limits: { maxConnections: 1, pendingTimeout: 0 } }], shutdown: { gracePeriod: 200 },
  })
  const clients = await Promise.all([connectRaw(t, port), connectRaw(t, port)])
  const both = defer()
  fastify.server.on('request', () => fastify.server.once('request', () => both.resolve()))
  for (const client of clients) client.write('GET /full/ HTTP/1.1\r\nHost: a\r\n\r\n')
  await both.promise
  await soon(fastify.close(), 'the stop')
  for (const client of clients) t.match(await soon(client.closed(), 'the end of a connection'), /^HTTP\/1\.1 503 [^]*GW_ERR_NO_UPSTREAM/)
})

t.test('Fastify sets no limit of its own to a stop, which would be ten seconds for `shutdown.delay`', async t => {
  const { fastify } = await listenStandalone(t, {})
  t.equal(fastify.initialConfig.pluginTimeout, 0)
})
