import { createHash, randomBytes } from 'node:crypto'
import http from 'node:http'
import t from 'tap'
import { listenStandalone, startGateway } from '../helpers/gateways.ts'
import { sendRequest } from '../helpers/http1-client.ts'
import { startUpstream } from '../helpers/upstreams.ts'
import { soon } from '../helpers/waiting.ts'

const digestOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const large = randomBytes(8 * 1024 * 1024)

t.test('8 MB go both ways at once, byte for byte', async t => {
  // Sends back what comes while it comes.
  const upstream = await startUpstream(t, (request, response) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream' })
    request.pipe(response)
  })
  for (const headers of [{ 'content-length': large.length }, { 'transfer-encoding': 'chunked' }]) {
    const { port } = await startGateway(t, upstream)
    const reply = await sendRequest(port, '/app/', { method: 'POST', body: large, headers })
    t.strictSame(
      [reply.isComplete, reply.body.length, digestOf(reply.body)],
      [true, large.length, digestOf(large)],
      Object.keys(headers).join()
    )
  }
})

t.test('8 MB go both ways at once from four clients', async t => {
  const upstream = await startUpstream(t, (request, response) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': request.headers['content-length'] })
    request.pipe(response)
  })
  const { port } = await listenStandalone(t, { apps: [{ name: 'app', upstreams: upstream }] })
  const bodies = [0, 1, 2, 3].map(first => Buffer.concat([Buffer.from([first]), large]))
  const replies = await Promise.all(bodies.map(body => sendRequest(port, '/app/', { method: 'PUT', body, headers: { 'content-length': body.length } })))
  t.strictSame(replies.map(({ body }) => digestOf(body)), bodies.map(digestOf))
})

t.test('500 clients at once get each their own response', async t => {
  const waiting: (() => void)[] = []
  // None is answered before all are there.
  const upstream = await startUpstream(t, (request, response) => {
    const name = request.url!.slice(1)
    waiting.push(() => response.writeHead(200, { 'content-type': 'text/plain', 'x-name': name }).end(name.repeat(1000)))
    if (waiting.length === 500) waiting.forEach(respond => respond())
  })
  const { port } = await startGateway(t, upstream, { limits: { maxConnections: 500 } })
  const names = Array.from({ length: 500 }, (_, index) => `client-${index};`)
  const replies = await Promise.all(names.map(name => sendRequest(port, `/app/${name}`)))
  t.strictSame(replies.map(({ headers }) => headers['x-name']), names)
  t.strictSame(replies.map(({ body }) => body.toString()), names.map(name => name.repeat(1000)))
})

t.test('500 clients at once upload each their own body', async t => {
  const upstream = await startUpstream(t, (request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' })
    request.pipe(response)
  })
  const { port } = await startGateway(t, upstream)
  const names = Array.from({ length: 500 }, (_, index) => `client-${index};`.repeat(1000))
  const replies = await Promise.all(names.map(body => sendRequest(port, '/app/', { method: 'POST', body })))
  t.strictSame(replies.map(({ body }) => body.toString()), names)
})

// Around the size up to which a body is handed on in one piece.
const sizes = [0, 1, 2, 1023, 16_383, 16_384, 16_385, 65_535, 65_536, 65_537, 131_072, 1_048_576, 1, 0]

t.test('bodies of every size go both ways on one connection', async t => {
  const upstream = await startUpstream(t, async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const framing = request.url === '/length' ? { 'content-length': body.length } : {}
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'x-framing': request.headers['content-length'] ?? request.headers['transfer-encoding'] ?? 'none', ...framing }).end(body)
  })
  const { port } = await startGateway(t, upstream)
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  let connections = 0
  agent.on('free', () => connections++)

  for (const path of ['/app/length', '/app/chunked']) {
    for (const size of sizes) {
      const body = large.subarray(size, size * 2)
      for (const headers of [{ 'content-length': size }, { 'transfer-encoding': 'chunked' }]) {
        const reply = await soon(sendRequest(port, path, { method: 'POST', body, headers, agent }), `${size} bytes`)
        // No bytes at all may also go as a length of 0.
        const framing = size === 0 ? reply.headers['x-framing'] : String(Object.values(headers)[0])
        t.strictSame([reply.headers['x-framing'], reply.body.length, reply.body.equals(body)], [framing, size, true], `${size} bytes, ${Object.keys(headers).join()}, ${path}`)
      }
    }
  }
  t.ok(connections > 0, 'the connection is kept')
})

t.test('bodies come in any pieces', async t => {
  const body = large.subarray(0, 200_000)
  for (const piece of [1, 7, 1000, 65_536, 65_537]) {
    const part = body.subarray(0, piece === 1 ? 500 : undefined)
    const upstream = await startUpstream(t, async (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': part.length })
      for (let i = 0; i < part.length; i += piece) {
        if (!response.write(part.subarray(i, i + piece))) await new Promise(resolve => { response.once('drain', resolve) })
      }
      response.end()
    })
    const { port } = await startGateway(t, upstream)
    const reply = await sendRequest(port, '/app/')
    t.ok(reply.isComplete && reply.body.equals(part), `in pieces of ${piece}`)
  }
})

t.test('connections to an upstream are reused', async t => {
  const sockets = new Set<unknown>()
  const upstream = await startUpstream(t, (request, response) => {
    sockets.add(request.socket)
    response.writeHead(200, { 'content-type': 'text/plain' }).end('ok')
  })
  const { port } = await startGateway(t, upstream)
  for (let i = 0; i < 50; i++) await sendRequest(port, '/app/')
  // Not one: on a busy machine one may have been idle for too long.
  t.ok(sockets.size < 10, `${sockets.size} for 50 requests`)
})

t.test('a connection that its upstream closed between two requests is not used again', async t => {
  let requests = 0
  const upstream = await startUpstream(t, (request, response) => {
    requests++
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 2 }).end('ok')
    response.once('finish', () => request.socket.end())
  })
  const { port } = await startGateway(t, upstream)
  for (let i = 0; i < 50; i++) {
    const reply = await sendRequest(port, '/app/', { method: 'POST', body: 'x' })
    t.strictSame([reply.statusCode, reply.body.toString()], [200, 'ok'])
  }
  t.equal(requests, 50)
})

const refusals: { name: string, headers: http.OutgoingHttpHeaders, then: (request: http.IncomingMessage) => void }[] = [
  { name: 'reads on', headers: {}, then: request => { request.resume() } },
  { name: 'stops reading', headers: {}, then: () => {} },
  { name: 'reads on and closes', headers: { connection: 'close' }, then: request => { request.resume() } },
  // Its kernel sends a reset behind the response, and what is written meanwhile fails.
  { name: 'closes on what it has not read', headers: { connection: 'close', 'x-hasty': 'yes' }, then: () => {} },
]

for (const { name, headers: refusal, then } of refusals) {
  t.test(`a response early in an upload reaches the client, from an upstream that ${name}`, async t => {
    const upstream = await startUpstream(t, (request, response) => {
      if (request.url === '/fine') response.end('fine')
      else {
        request.once('data', () => {
          response.writeHead(413, { 'content-type': 'text/plain', ...refusal }).write('too ')
          then(request)
          if (refusal.connection === 'close' && refusal['x-hasty'] === undefined) request.once('end', () => response.end('large'))
          else response.end('large')
        })
      }
    })
    const { port } = await startGateway(t, upstream)
    for (const headers of [{ 'content-length': large.length }, { 'transfer-encoding': 'chunked' }]) {
      const reply = await soon(sendRequest(port, '/app/', { method: 'POST', body: large, headers }), 'the response')
      t.strictSame([reply.statusCode, reply.body.toString(), reply.isComplete], [413, 'too large', true], Object.keys(headers).join())
      t.equal((await sendRequest(port, '/app/fine')).body.toString(), 'fine')
    }
  })
}
