import { once } from 'node:events'
import net from 'node:net'
import tls, { type TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { listenSecureStandalone } from '../helpers/gateways.ts'
import { connectHttp2, sendHttp2Request } from '../helpers/http2-client.ts'
import { startUpstream } from '../helpers/upstreams.ts'
import { defer, soon } from '../helpers/waiting.ts'

/** A connection that speaks HTTP/1.1. `closed` resolves to everything that came. */
async function connectTls (t: Test, port: number): Promise<{ socket: TLSSocket, closed: Promise<string> }> {
  const socket = tls.connect({ port, host: '127.0.0.1', ALPNProtocols: ['http/1.1'], rejectUnauthorized: false })
  t.teardown(() => socket.destroy())
  let text = ''
  socket.setEncoding('latin1').on('data', chunk => { text += chunk }).on('error', () => {})
  await once(socket, 'secureConnect')
  return { socket, closed: once(socket, 'close').then(() => text) }
}

async function start (t: Test, server: object) {
  const upstream = await startUpstream(t, (request, response) => request.resume().on('end', () => response.end('fine')))
  return await listenSecureStandalone(t, { apps: [{ name: 'app', upstreams: upstream }], server })
}

t.test('over TLS, a client of HTTP/1.1 that is slow to send its head is answered 408', async t => {
  const { port } = await start(t, { headersTimeout: 300 })
  const { socket, closed } = await connectTls(t, port)
  socket.write('GET /app/ HTTP/1.1\r\nHost: a\r\n')
  t.match(await soon(closed, 'the end'), /^HTTP\/1\.1 408 /)
})

t.test('over TLS, a client of HTTP/1.1 that is slow to send its request is ended', async t => {
  const { port } = await start(t, { requestTimeout: 300, headersTimeout: 200 })
  const { socket, closed } = await connectTls(t, port)
  socket.write('POST /app/ HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nbegin')
  t.match(await soon(closed, 'the end'), /^HTTP\/1\.1 408 /)
})

t.test('over TLS, a head that is too large is answered 431', async t => {
  const { port } = await start(t, { maxHeaderSize: '4KB' })
  const { socket, closed } = await connectTls(t, port)
  socket.write(`GET /app/ HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(5000)}\r\n\r\n`)
  t.match(await soon(closed, 'the end'), /^HTTP\/1\.1 431 /)
})

t.test('over TLS, an idle connection of HTTP/1.1 is closed after keepAliveTimeout', async t => {
  const { port } = await start(t, { keepAliveTimeout: 200 })
  const { socket, closed } = await connectTls(t, port)
  socket.write('GET /app/ HTTP/1.1\r\nHost: a\r\n\r\n')
  t.match(await soon(closed, 'the end'), /^HTTP\/1\.1 200 [^]*fine$/)
})

t.test('an idle connection of HTTP/2 gets GOAWAY after keepAliveTimeout, and what is under way on it goes on', async t => {
  const requested = defer<() => void>()
  const upstream = await startUpstream(t, (_request, response) => requested.resolve(() => response.end('late')))
  const { origin } = await listenSecureStandalone(t, { apps: [{ name: 'app', upstreams: upstream }], server: { keepAliveTimeout: 300 } })
  const session = await connectHttp2(t, origin)
  const late = sendHttp2Request(session, '/app/')
  await soon(once(session, 'goaway'), 'the GOAWAY')
  const end = await requested.promise
  end()
  t.match(await late, { status: 200, body: Buffer.from('late') })
  if (!session.closed) await soon(once(session, 'close'), 'the end')
})

t.test('a silent connection of HTTP/2 is closed after connectionTimeout, whatever is under way', async t => {
  for (const server of [{ connectionTimeout: 300 }, { keepAliveTimeout: 100, connectionTimeout: 400 }]) {
    const upstream = await startUpstream(t, () => {})
    const { origin } = await listenSecureStandalone(t, { apps: [{ name: 'app', upstreams: upstream }], server })
    const session = await connectHttp2(t, origin)
    const ended = once(session, 'close')
    await t.rejects(sendHttp2Request(session, '/app/'))
    await soon(ended, 'the end of the connection')
  }
})

t.test('a client that never says anything does not keep a connection longer than headersTimeout', async t => {
  const { port } = await start(t, { headersTimeout: 300 })
  const socket = net.connect(port, '127.0.0.1').on('error', () => {})
  await soon(once(socket.resume(), 'close'), 'the end')
  t.pass()
})

t.test('plain HTTP on the port of HTTPS is ended, and no other connection with it', async t => {
  const { port, origin } = await start(t, {})
  const socket = net.connect(port, '127.0.0.1').on('error', () => {})
  socket.write('GET /app/ HTTP/1.1\r\nHost: a\r\n\r\n')
  await soon(once(socket.resume(), 'close'), 'the end')
  t.match(await sendHttp2Request(await connectHttp2(t, origin), '/app/'), { status: 200 })
})
