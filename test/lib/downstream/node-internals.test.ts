import { once } from 'node:events'
import http, { type IncomingMessage, type RequestListener, ServerResponse } from 'node:http'
import http2, { constants, type Http2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import * as internals from '../../../lib/downstream/node-internals.ts'
import { HEADERS } from '../../helpers/http2-codec.ts'
import { type Peer, startPeer } from '../transport/http2/frames.ts'
import { connectPair, listen, portOf, readAll } from './sockets.ts'

// One test for each use of what node and Fastify do not document. `.ci/run` runs this file on several Nodes.

async function startServer (t: Test, listener: RequestListener): Promise<http.Server> {
  const server = http.createServer(listener)
  await listen(t, server)
  t.teardown(() => server.closeAllConnections())
  return server
}

async function send (t: Test, server: http.Server, text: string): Promise<string> {
  const { connect } = await import('node:net')
  const socket = connect(portOf(server), '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.on('error', () => {}).write(text)
  return await readAll(socket)
}

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const LAST_GET = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'

t.test('the current response of a connection is the first that is not over, and known as the last one', async t => {
  const responses: ServerResponse[] = []
  const seen: unknown[] = []
  const server = await startServer(t, ({ socket }, response) => {
    responses.push(response)
    if (responses.length < 2) return
    seen.push(
      internals.currentResponse(socket) === (responses[0] as unknown),
      internals.isLastResponse(internals.currentResponse(socket)!)
    )
    responses[0]!.setHeader('content-length', '0').end()
    seen.push(internals.currentResponse(socket) === responses[0] as unknown)
    responses[0]!.once('close', () => {
      seen.push(
        internals.currentResponse(socket) === (response as unknown),
        internals.isLastResponse(internals.currentResponse(socket)!)
      )
      response.once('close', () => seen.push(internals.currentResponse(socket)))
      response.end()
    })
  })
  await send(t, server, GET + LAST_GET)
  t.strictSame(seen, [true, false, true, true, true, null])
})

t.test('a connection can be ended with a response before its head is written', async t => {
  const server = await startServer(t, (_request, response) => {
    internals.endConnectionAfter(response)
    response.end('x')
  })
  t.match(await send(t, server, GET), /\r\nConnection: close\r\n/)
})

t.test('a request that node has taken off its parser gets a response, whose connection can be taken back', async t => {
  const server = await startServer(t, () => {})
  const events: string[] = []
  server.on('upgrade', (request: IncomingMessage, socket: internals.ServerSocket) => {
    t.equal(internals.isUpgradeRequest(request), true)
    t.equal(internals.serverOf(socket), server)
    const response = internals.createResponse(request, socket)
    t.equal(internals.currentResponse(socket), response)
    response.on('close', () => events.push('close')).on('finish', () => events.push('finish'))
    response.writeHead(101, { connection: 'Upgrade', upgrade: 'x' }).flushHeaders()
    internals.detachConnection(response, socket)
    t.equal(internals.currentResponse(socket), null)
    socket.end('behind')
  })
  const text = await send(t, server, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n')
  t.match(text, /^HTTP\/1\.1 101 [^]*\r\n\r\nbehind$/)
  await delay(20)
  t.strictSame(events, ['finish'], 'when the connection closes, and once')
})

t.test('an ordinary request is none that switches protocols, and a client\'s socket is of no server', async t => {
  const { client } = await connectPair(t)
  t.equal(internals.serverOf(client), undefined)
  const server = await startServer(t, (request, response) => {
    t.equal(internals.isUpgradeRequest(request), false)
    response.end()
  })
  await send(t, server, LAST_GET)
})

t.test('a socket is destroyed when what has been written has left', async t => {
  const { client, server } = await connectPair(t)
  server.write('x'.repeat(100_000))
  internals.destroySoon(server)
  const text = await readAll(client)
  t.equal(text.length, 100_000)
  if (!server.closed) await once(server, 'close')
})

t.test('what ends a connection after its last response can be replaced', async t => {
  let replaced = 0
  const server = await startServer(t, ({ socket }, response) => {
    internals.replaceDestroySoon(socket, () => {
      replaced++
      socket.end()
    })
    response.end('x')
  })
  await send(t, server, LAST_GET)
  t.equal(replaced, 1)
})

t.test('one write: a response leaves with its head, and one that something else has replaced stays', async t => {
  const writes: unknown[] = []
  const server = await startServer(t, ({ socket }, response) => {
    const { write } = socket
    socket.write = (...parameters: unknown[]) => {
      writes.push(parameters)
      return Reflect.apply(write, socket, parameters) as boolean
    }
    internals.endInOneWrite(response)
    response.writeHead(200, { 'content-length': 2 })
    Reflect.apply(response.end, response, [Buffer.from('ok'), null, null])
  })
  t.match(await send(t, server, LAST_GET), /\r\n\r\nok$/)
  t.equal(writes.length, 1)
  const wrapped = new ServerResponse({ method: 'GET', headers: {} } as IncomingMessage)
  const end = () => wrapped
  wrapped.end = end
  internals.endInOneWrite(wrapped)
  t.equal(wrapped.end, end)
})

t.test('in HTTP/2 a head without a body is one frame', async t => {
  const server: Http2Server = http2.createServer((_request, response) => {
    internals.deferHead(response, false)
    response.writeHead(200, { 'content-length': '0', 'x-a': '1' })
    response.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  t.teardown(() => { client.destroy(); server.close() })
  const stream = client.request()
  const [headers, flags] = await once(stream, 'response') as [http2.IncomingHttpHeaders, number]
  t.strictSame([headers[':status'], headers['x-a'], headers['content-length']], [200, '1', undefined])
  t.equal(flags & constants.NGHTTP2_FLAG_END_STREAM, constants.NGHTTP2_FLAG_END_STREAM)
})

t.test('a broken pipe does not take what the other end has sent before', async t => {
  const { client, server } = await connectPair(t)
  client.pause()
  server.write('413')
  server.resetAndDestroy()
  internals.ignoreBrokenPipe(client)
  const errors: Error[] = []
  client.on('error', error => errors.push(error))
  await delay(20)
  await new Promise(resolve => { client.write('more', resolve) })
  client.cork()
  client.write('a')
  client.write('b')
  client.uncork()
  await delay(20)
  t.strictSame(errors.filter(({ message }) => message.startsWith('write')), [])
})

t.test('a socket whose reading has been reset gives its next owner everything', async t => {
  const { client, server } = await connectPair(t)
  client.write('first')
  const [first] = await once(server, 'data') as [Buffer]
  server.on('data', () => t.fail('a former owner')).on('drain', () => t.fail('a former owner'))
  internals.resetReading(server, first)
  client.end('second')
  await delay(20)
  t.equal(await readAll(server), 'firstsecond')
})

for (const [name, finish, ends] of [
  ['an end', peer => peer.data(1, '', { end: true }), 1],
  ['a reset without an error', peer => peer.reset(1, constants.NGHTTP2_NO_ERROR), 0],
  ['a reset that cancels', peer => peer.reset(1, constants.NGHTTP2_CANCEL), 0],
] as [string, (peer: Peer) => void, number][]) {
  t.test(`the end of an HTTP/2 stream is told from a reset: ${name}`, async t => {
    const { origin } = await startPeer(t, ({ type }, peer) => {
      if (type !== HEADERS) return
      peer.head(1).data(1, 'x')
      setTimeout(() => finish(peer), 20)
    })
    const client = http2.connect(origin.replace('h2c:', 'http:'))
    t.teardown(() => client.destroy())
    const stream = client.request()
    let count = 0
    internals.notifyEndStream(stream, () => { count++ })
    stream.on('error', () => {}).resume()
    await new Promise(resolve => { stream.once('close', resolve) })
    t.equal(count, ends)
  })
}

t.test('a server that stops accepting leaves idle connections open', async t => {
  const server = await startServer(t, (_request, response) => response.end('x'))
  const agent = new http.Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  const get = async () => {
    const [response] = await once(http.get({ port: portOf(server), host: '127.0.0.1', agent }), 'response') as [IncomingMessage]
    response.resume()
    await once(response, 'end')
    return response.statusCode
  }
  const port = portOf(server)
  t.equal(await get(), 200)
  await delay(10)
  internals.stopAccepting(server)
  await delay(20)
  const [response] = await once(http.get({ port, host: '127.0.0.1', agent }), 'response') as [IncomingMessage]
  response.resume()
  t.equal(response.statusCode, 200, 'on the connection that was idle')
})

t.test('the interval in which slow clients are looked for can be set after the server was made', async t => {
  const server = await startServer(t, () => {})
  server.headersTimeout = 100
  server.requestTimeout = 100
  internals.setConnectionsCheckingInterval(server, 50)
  // node sets its timer when the server listens.
  await new Promise(resolve => { server.close(resolve) })
  await listen(t, server)
  t.match(await send(t, server, 'GET / HTTP/1.1\r\n'), /^HTTP\/1\.1 408 /)
})

t.test('V8 takes the flag', async t => {
  const { execFile } = await import('node:child_process')
  const module = new URL('../../../lib/downstream/node-internals.ts', import.meta.url).href
  const loader = new URL('../../loader/register.mjs', import.meta.url).href
  const script = `import(${JSON.stringify(module)}).then(internals => internals.disablePretenuring())`
  // Of a flag that it does not know, V8 only says so.
  const { stderr } = await new Promise<{ stderr: string }>((resolve, reject) => {
    execFile(process.execPath, [`--import=${loader}`, '-e', script], (error, _stdout, stderr) => error === null ? resolve({ stderr }) : reject(error))
  })
  t.notMatch(stderr, /unrecognized flag|pretenuring/)
})

t.test('a server of Fastify\'s has a logger or has none', async t => {
  for (const logger of [true, false]) {
    const fastify = Fastify({ logger: logger && { level: 'silent' } })
    t.teardown(() => fastify.close())
    t.equal(internals.hasLogger(fastify), logger)
    fastify.register(async scope => { t.equal(internals.hasLogger(scope), logger) })
    await fastify.ready()
  }
})
