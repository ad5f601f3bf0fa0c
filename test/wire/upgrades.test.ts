import { once } from 'node:events'
import http from 'node:http'
import type { Socket } from 'node:net'
import Fastify from 'fastify'
import t from 'tap'
import gateway from '../../index.ts'
import { onEachServer, startGateway } from '../helpers/gateways.ts'
import { connectRaw } from '../helpers/raw-client.ts'
import { portOf } from '../helpers/servers.ts'
import { startRawUpstream, startRecorder, startUpstream } from '../helpers/upstreams.ts'
import { defer, soon } from '../helpers/waiting.ts'
import { handshake } from '../helpers/websocket.ts'

onEachServer('the bytes around a switch go through as they are, also those in the same packet as a head', async (t, listen) => {
  const seen = defer<string>()
  const upstream = await startRawUpstream(t, socket => {
    let text = ''
    socket.on('data', chunk => {
      if (text === '') socket.write('HTTP/1.1 101 As You Wish\r\nX-A: 1\r\nUpgrade: WebSocket\r\nx-a: 2\r\nConnection: upgrade, x-hop\r\nX-Hop: 1\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nfirst')
      text += chunk.toString('latin1')
      if (!text.endsWith('last')) return
      seen.resolve(text)
      socket.end('\0\xff')
    })
  })
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream, addForwardedHost: false }] })
  const client = await connectRaw(t, port)
  client.write(handshake('/app/a%2Fb?q=1', { 'X-Request-Id': 'one', 'Sec-WebSocket-Protocol': 'a,b', Connection: 'keep-alive, Upgrade' }) + 'early')
  await client.until(/first$/)
  client.write('last')
  t.equal(await seen.promise,
    'GET /a%2Fb?q=1 HTTP/1.1\r\nhost: gateway.test\r\nconnection: upgrade\r\nupgrade: websocket\r\n' +
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nX-Request-Id: one\r\nSec-WebSocket-Protocol: a,b\r\n\r\nearlylast')
  client.socket.end()
  const text = await soon(client.closed(), 'the end')
  t.match(
    text,
    /^HTTP\/1\.1 101 Switching Protocols\r\nx-request-id: one\r\nx-a: 1\r\nx-a: 2\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\nconnection: Upgrade\r\nupgrade: WebSocket\r\n(?:Date: .*\r\n)?\r\nfirst/
  )
  t.ok(text.endsWith('first\0\xc3\xbf'))
})

onEachServer('another protocol goes through the same tunnel, and may be half-closed', async (t, listen) => {
  const server = http.createServer()
  server.on('upgrade', (request, socket) => {
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade!.split(',')[0]}\r\n\r\n`)
    let text = ''
    socket.on('data', (chunk: Buffer) => { text += chunk.toString() }).on('end', () => setTimeout(() => socket.end(`${request.method} got ${text}`), 50))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => server.close())
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: `127.0.0.1:${portOf(server)}` }] })
  const client = await connectRaw(t, port)
  client.write('POST /app/attach HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n')
  await client.until(/\r\n\r\n$/)
  client.socket.end('standard input')
  t.match(await soon(client.closed(), 'the end'), /^HTTP\/1\.1 101 [^]*\r\nupgrade: tcp\r\n[^]*\r\n\r\nPOST got standard input$/)
})

onEachServer('an upstream that has sent everything can still receive', async (t, listen) => {
  const rest = defer<string>()
  const upstream = await startRawUpstream(t, socket => {
    let text = ''
    socket.once('data', () => {
      socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nall of it')
      socket.on('data', (chunk: Buffer) => { text += chunk.toString() }).on('end', () => rest.resolve(text))
    })
  }, { allowHalfOpen: true })
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream }] })
  const client = await connectRaw(t, port, { allowHalfOpen: true })
  client.write('GET /app/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n')
  await client.until(/all of it$/)
  await soon(once(client.socket, 'end'), 'the end of the upstream\'s half')
  client.write('thanks')
  await new Promise(resolve => setTimeout(resolve, 50))
  client.socket.end(', bye')
  t.equal(await soon(rest.promise, 'what the client said after that'), 'thanks, bye')
})

onEachServer('HTTP/2 without TLS is never tunnelled: such a request is an ordinary one, with its body, on a connection that goes on', async (t, listen) => {
  const recorder = await startRecorder(t)
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: recorder.origin }] })
  const client = await connectRaw(t, port)
  const h2c = 'Host: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n'
  client.write(`GET /app/one HTTP/1.1\r\n${h2c}\r\n`)
  await client.until(/\r\n\r\n\/one$/)
  client.write(`POST /app/two HTTP/1.1\r\n${h2c}Content-Length: 5\r\n\r\nhello`)
  await client.until(/\r\n\r\n\/two$/)
  client.write(`POST /app/three HTTP/1.1\r\n${h2c}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /app/four HTTP/1.1\r\nHost: x\r\n\r\n`)
  await client.until(/\r\n\r\n\/three[^]*\r\n\r\n\/four$/)
  t.notMatch(client.received(), /HTTP\/1\.1 101/)
  t.notMatch(recorder.bytes(), /upgrade|http2-settings/i)
  t.match(recorder.bytes(), /POST \/two [^]*\r\n\r\nhelloPOST \/three [^]*\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET \/four/)
})

t.test('of several protocols only those that may be tunnelled are requested', async t => {
  const recorder = await startRecorder(t)
  const { port } = await startGateway(t, recorder.origin)
  const client = await connectRaw(t, port)
  client.write(handshake('/app/', { Upgrade: 'h2c, websocket, TLS/1.0, tcp' }))
  t.match(await recorder.until(/\r\n\r\n$/), /\r\nupgrade: websocket, tcp\r\n/)
})

t.test('a WebSocket handshake with a body, or in HTTP/1.0, is an ordinary request', async t => {
  const recorder = await startRecorder(t)
  const { port } = await startGateway(t, recorder.origin)
  const client = await connectRaw(t, port)
  client.write(handshake('/app/body', { 'Content-Length': '2' }) + 'hi')
  await client.until(/\r\n\r\n\/body$/)
  client.write(handshake('/app/old').replace('HTTP/1.1', 'HTTP/1.0'))
  t.match(await client.closed(), /\r\n\r\n\/old$/)
  t.notMatch(recorder.bytes(), /upgrade/i)
})

t.test('routes of the server\'s own see an upgrade that no location takes as an ordinary request', async t => {
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  await fastify.register(gateway, { apps: [{ name: 'app', upstreams: '127.0.0.1:1' }] })
  fastify.post('/own', async request => ({ body: request.body }))
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  const client = await connectRaw(t, portOf(fastify.server))
  const request = 'POST /own HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi'
  client.write(request + request)
  await client.until(/(?:\{"body":"hi"\}[^]*){2}$/)
  client.write(handshake('/own'))
  t.match(await client.closed(), /HTTP\/1\.1 404 Not Found\r\n[^]*connection: close\r\n/i)
})

onEachServer('a handshake behind other requests waits until they are answered', async (t, listen) => {
  const release = defer()
  const upstream = await startRawUpstream(t, socket => socket.on('data', chunk => { respond(socket, chunk.toString()).catch(t.bailout) }))
  async function respond (socket: Socket, text: string): Promise<void> {
    if (text.includes('upgrade: websocket')) socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nswitched')
    else {
      await release.promise
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nfirst')
    }
  }
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream }] })
  const client = await connectRaw(t, port)
  client.write('GET /app/1 HTTP/1.1\r\nHost: x\r\n\r\nGET /app/2 HTTP/1.1\r\nHost: x\r\n\r\n' + handshake('/app/3'))
  await new Promise(resolve => setTimeout(resolve, 50))
  t.equal(client.received(), '')
  release.resolve()
  t.match(
    await client.until(/switched$/),
    /^HTTP\/1\.1 200 [^]*first[^]*HTTP\/1\.1 200 [^]*first[^]*HTTP\/1\.1 101 [^]*switched$/
  )
})

t.test('nothing is tunnelled behind a request that ends its connection', async t => {
  const upstream = await startUpstream(t, (request, response) => response.end(request.url))
  const { port } = await startGateway(t, upstream)
  const client = await connectRaw(t, port)
  client.write('GET /app/last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' + handshake('/app/behind'))
  t.notMatch(await soon(client.closed(), 'the end'), /behind/)
})

t.test('a request of which node has not kept every header is refused, and its body is no request', async t => {
  const recorder = await startRecorder(t)
  const { port } = await startGateway(t, recorder.origin)
  const hidden = 'GET /app/hidden HTTP/1.1\r\nHost: x\r\n\r\n'
  const client = await connectRaw(t, port)
  client.write(`POST /app/ HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\n${'Upgrade: h2c\r\n'.repeat(60)}${'a:\r\n'.repeat(1100)}Content-Length: ${hidden.length}\r\n\r\n${hidden}`)
  t.match(await soon(client.closed(), 'the end'), /^HTTP\/1\.1 4\d\d [^]*\r\n\r\n\{[^]*\}$/)
  t.equal(recorder.bytes(), '')
})

t.test('an ordinary request for a switch of protocols is not acted on behind the last response of its connection', async t => {
  const upstream = await startRawUpstream(t, socket => socket.on('data', chunk => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n${chunk.toString().includes('behind') ? 'no' : 'ok'}`)
  }))
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  fastify.addHook('onSend', async (_request, reply) => { reply.header('connection', 'close') })
  await fastify.register(gateway, { apps: [{ name: 'app', upstreams: upstream }] })
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  for (const protocol of ['h2c', 'websocket']) {
    const client = await connectRaw(t, portOf(fastify.server))
    client.write(`GET /app/ HTTP/1.1\r\nHost: x\r\n\r\nGET /app/behind HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`)
    t.match(await soon(client.closed(), 'the end'), /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nok$/, protocol)
  }
})

t.test('of two gateways in one server the owner of a path responds, and one of them to a path without an owner', async t => {
  const recorder = await startRecorder(t)
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  for (const name of ['one', 'two']) {
    await fastify.register(async scope => {
      await scope.register(gateway, { apps: [{ name, upstreams: recorder.origin }] })
    })
  }
  fastify.get('/own', async () => 'own')
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  for (const [path, body] of [['/one/x', '/x'], ['/two/y', '/y'], ['/own', 'own']]) {
    const client = await connectRaw(t, portOf(fastify.server))
    client.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n`)
    await client.until(new RegExp(`\r\n\r\n${body}$`))
  }
  const client = await connectRaw(t, portOf(fastify.server))
  client.write('CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n')
  t.match(await soon(client.closed(), 'the end'), /^HTTP\/1\.1 405 /)
})
