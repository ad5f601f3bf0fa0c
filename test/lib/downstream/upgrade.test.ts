import { EventEmitter, once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { endBehind, readUpgrade, respondOn, stopWatching, type UpgradeRequest, watchForEnd, whenItsTurn } from '../../../lib/downstream/upgrade.ts'
import { connectRaw } from '../../helpers/raw-client.ts'
import type { CurrentResponse, ServerSocket } from '../../../lib/downstream/node-internals.ts'
import { connectPair, listen, portOf } from './sockets.ts'

const asked = (upgrade: string | undefined, changes: Partial<UpgradeRequest> = {}): UpgradeRequest => ({
  httpVersion: '1.1', upgrade: true, ...changes, headers: { connection: 'Upgrade', ...(upgrade === undefined ? {} : { upgrade }), ...changes.headers },
})

const rows: { name: string, request: UpgradeRequest, expected: string | null }[] = [
  { name: 'a WebSocket', request: asked('websocket'), expected: 'websocket' },
  { name: 'as the client spells it', request: asked('WebSocket'), expected: 'WebSocket' },
  { name: 'another protocol, with its version', request: asked('echo/1.0'), expected: 'echo/1.0' },
  { name: 'several', request: asked('websocket, echo/1'), expected: 'websocket, echo/1' },
  { name: 'several, written badly', request: asked(' ,websocket ,, echo/1,'), expected: 'websocket, echo/1' },
  { name: 'HTTP/2 without TLS', request: asked('h2c'), expected: null },
  { name: 'HTTP/2 without TLS, in capitals', request: asked('H2C'), expected: null },
  { name: 'HTTP/2 by its other name', request: asked('h2'), expected: null },
  { name: 'HTTP with a version', request: asked('HTTP/2.0'), expected: null },
  { name: 'HTTPS', request: asked('https'), expected: null },
  { name: 'TLS (RFC 2817)', request: asked('TLS/1.2, HTTP/1.1'), expected: null },
  { name: 'HTTP/2 without TLS before a WebSocket', request: asked('h2c, websocket'), expected: 'websocket' },
  { name: 'HTTP/2 without TLS among others, in any spelling', request: asked('echo/1,\tH2c ,h2c'), expected: 'echo/1' },
  { name: 'what only begins like HTTP', request: asked('h2cx, httpx, tls-like'), expected: 'h2cx, httpx, tls-like' },
  { name: 'nothing but commas', request: asked(' , ,'), expected: null },
  { name: 'nothing', request: asked(''), expected: null },
  { name: 'no header', request: asked(undefined), expected: null },
  { name: 'a request that node has left on its parser', request: asked('websocket', { upgrade: false }), expected: null },
  { name: 'a request of which node says nothing', request: asked('websocket', { upgrade: null }), expected: null },
  { name: 'an injected request', request: { httpVersion: '1.1', headers: { upgrade: 'websocket' } }, expected: null },
  { name: 'HTTP/1.0', request: asked('websocket', { httpVersion: '1.0' }), expected: null },
  { name: 'with a body', request: asked('websocket', { headers: { 'content-length': '3' } }), expected: null },
  { name: 'with a chunked body', request: asked('websocket', { headers: { 'transfer-encoding': 'chunked' } }), expected: null },
  { name: 'with an empty body', request: asked('websocket', { headers: { 'content-length': '0' } }), expected: 'websocket' },
]

for (const { name, request, expected } of rows) {
  t.test(`protocols to switch to: ${name}: ${expected}`, async t => t.equal(readUpgrade(request), expected))
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
const UPGRADE = 'GET /switch HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'

/**
 * A server whose `upgrade` listener is this one, a client of it, and the answers to other requests, which wait to be
 * sent.
 */
async function startServer (t: Test, onUpgrade: (request: IncomingMessage, socket: ServerSocket) => void) {
  const waiting: ServerResponse[] = []
  const server = http.createServer((_request, response) => { waiting.push(response) })
  server.on('upgrade', (request, socket: ServerSocket) => {
    socket.on('error', () => {})
    onUpgrade(request, socket)
  })
  await listen(t, server)
  t.teardown(() => server.closeAllConnections())
  return { server, waiting, client: await connectRaw(t, portOf(server)) }
}

t.test('an answer that is no switch is complete, and the connection ends with it', async t => {
  const { client } = await startServer(t, (request, socket) => { respondOn(request, socket).writeHead(403, { 'content-length': 2 }).end('no') })
  client.write(UPGRADE)
  const text = await client.closed()
  t.match(text, /^HTTP\/1\.1 403 Forbidden\r\n[^]*\r\n\r\nno$/)
  t.match(text, /\r\nConnection: close\r\n/)
})

t.test('an answer whose length is not known is framed as for any other request', async t => {
  const { client } = await startServer(t, (request, socket) => {
    const response = respondOn(request, socket)
    response.write('one ')
    setTimeout(() => response.end('two'), 5)
  })
  client.write(UPGRADE)
  t.match(await client.closed(), /\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n$/)
})

t.test('a switch leaves the connection open', async t => {
  const { client } = await startServer(t, (request, socket) => {
    const response = respondOn(request, socket)
    response.writeHead(101, { connection: 'Upgrade', upgrade: 'websocket' })
    response.end()
    socket.on('data', chunk => socket.write(chunk))
  })
  client.write(UPGRADE)
  t.match(await client.until(/\r\n\r\n/), /^HTTP\/1\.1 101 Switching Protocols\r\n/)
  client.write('echo')
  t.match(await client.until(/echo/), /\r\n\r\necho$/)
})

t.test('a response that is on its connection is one for node, too', async t => {
  let seen: unknown[] = []
  const { client } = await startServer(t, (request, socket) => {
    const response = respondOn(request, socket)
    seen = [response.req === request, response.socket === socket, socket._httpMessage === response as unknown]
    response.end()
  })
  client.write(UPGRADE)
  await client.closed()
  t.strictSame(seen, [true, true, true])
})

for (const statusCode of [200, 101]) {
  t.test(`behind an answer ${statusCode} that has been sent the connection ${statusCode === 101 ? 'stays' : 'ends at once'}`, async t => {
    const socket = new Socket()
    let ends = 0
    socket.destroySoon = () => { ends++ }
    endBehind({ statusCode, writableFinished: true } as ServerResponse, socket)
    t.equal(ends, statusCode === 101 ? 0 : 1)
  })
}

t.test('it is the turn of the first request of a connection at once', async t => {
  for (const socket of [new Socket(), Object.assign(new Socket(), { _httpMessage: null })]) {
    let calls = 0
    whenItsTurn(socket, () => { calls++ })
    t.equal(calls, 1)
  }
})

t.test('it is the turn of a request when all answers before it have been sent, in their order', async t => {
  const { client, waiting } = await startServer(t, (request, socket) => {
    whenItsTurn(socket, () => { respondOn(request, socket).end('switch') })
  })
  client.write(get('/1') + get('/2') + UPGRADE)
  while (waiting.length < 2) await setImmediate()
  waiting[1]!.end('two')
  await setImmediate()
  t.equal(client.received(), '')
  waiting[0]!.end('one')
  t.match((await client.closed()).match(/one|two|switch/g), ['one', 'two', 'switch'])
})

t.test('it is never the turn of a request whose connection has closed before', async t => {
  let calls = 0
  const taken: ServerSocket[] = []
  const { client, waiting } = await startServer(t, (_request, socket) => {
    taken.push(socket)
    whenItsTurn(socket, () => { calls++ })
  })
  client.write(get('/1') + UPGRADE)
  while (taken.length === 0) await setImmediate()
  const closed = once(waiting[0]!, 'close')
  taken[0]!.destroy()
  await closed
  await setImmediate()
  t.equal(calls, 0)
})

t.test('it is never the turn of a request whose connection closes behind the answer before it', async t => {
  const current = new EventEmitter()
  const socket: ServerSocket = Object.assign(new Socket(), {
    _httpMessage: current as unknown as CurrentResponse | null,
  })
  let calls = 0
  whenItsTurn(socket, () => { calls++ })
  socket._httpMessage = null
  socket.destroy()
  current.emit('close')
  t.equal(calls, 0)
})

t.test('a client that ends while it waits has its connection destroyed', async t => {
  const { client, server } = await connectPair(t)
  watchForEnd(server)
  client.end()
  await once(server, 'close')
  t.ok(server.destroyed)
})

t.test('a client that resets while it waits has, too', async t => {
  const { client, server } = await connectPair(t)
  watchForEnd(server)
  client.resetAndDestroy()
  await new Promise(resolve => { server.once('close', resolve) })
  t.ok(server.destroyed)
})

t.test('a client that waits is left alone', async t => {
  const { client, server } = await connectPair(t)
  watchForEnd(server)
  server.write('not yet')
  await once(client, 'readable')
  t.notOk(server.destroyed)
})

t.test('what a client says while it waits is there for who reads then, with what had been read before', async t => {
  const { client, server } = await connectPair(t)
  server.unshift(Buffer.from('head '))
  watchForEnd(server)
  client.write('early ')
  while (server.readableLength < 11) await setImmediate()
  stopWatching(server)
  let text = ''
  server.on('data', chunk => { text += String(chunk) })
  client.end('late')
  await once(server, 'end')
  t.equal(text, 'head early late')
})

t.test('the end of a client that has said something is left for who reads that', async t => {
  const { client, server } = await connectPair(t)
  watchForEnd(server)
  client.end('last words')
  while (server.readableLength < 10) await setImmediate()
  await setImmediate()
  t.notOk(server.destroyed)
  stopWatching(server)
  let text = ''
  server.on('data', chunk => { text += String(chunk) })
  await once(server, 'end')
  t.equal(text, 'last words')
})

t.test('an end behind the watch is nobody\'s but the reader\'s', async t => {
  const { client, server } = await connectPair(t)
  watchForEnd(server)
  stopWatching(server)
  client.end()
  server.resume()
  await once(server, 'end')
  await setImmediate()
  t.notOk(server.destroyed)
  t.strictSame([server.listenerCount('readable')], [0])
})
