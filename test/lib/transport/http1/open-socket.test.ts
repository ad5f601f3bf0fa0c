import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import http, { type RequestListener } from 'node:http'
import https from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { addressOf, openBy, openPlain } from '../../../../lib/transport/http1/open-socket.ts'
import { createConnector } from '../../../../lib/transport/connector.ts'
import { createTarget } from '../../locations.ts'
import { createTransport, send } from './exchange.ts'

const pem = (name: string) => readFileSync(new URL(`../../../fixtures/tls/${name}.pem`, import.meta.url), 'utf8')
const settle = () => setTimeout(30)
const SIZE = 8 * 1024 * 1024

const addresses: [origin: string, host: string, port: number][] = [
  ['http://127.0.0.1:8001', '127.0.0.1', 8001],
  ['http://[::1]:8001', '::1', 8001],
  ['http://example.com', 'example.com', 80],
]

for (const [origin, host, port] of addresses) {
  t.test(`an address is that of its URL: ${origin}`, async t => {
    t.strictSame(addressOf(createTarget(origin)), { host, port })
  })
}

/** Answers `/large` with 8 MB and everything else with the port of its client; `/upgrade` becomes an echo. */
async function listen (
  t: Test,
  server: http.Server | https.Server,
  where: { host?: string; path?: string }
): Promise<Server> {
  const onRequest: RequestListener = (request, response) => {
    response.end(request.url === '/large' ? 'x'.repeat(SIZE) : String(request.socket.remotePort))
  }
  server.on('request', onRequest).on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\n\r\nhello')
    socket.on('error', () => {}).pipe(socket)
  })
  server.listen(where.path === undefined ? { port: 0, ...where } : where)
  await once(server, 'listening')
  t.teardown(() => server.close().closeAllConnections())
  return server
}

const portOf = (server: Server) => (server.address() as AddressInfo).port

type Transport = ReturnType<typeof createTransport>

/** A connection is kept and used again, has back-pressure, and can be handed over. */
async function checkConnections (t: Test, transport: Transport): Promise<void> {
  const first = await send(transport).over
  t.match(first, { statusCodes: [200], error: undefined })
  await settle()
  t.equal((await send(transport).over).body, first.body, 'it is used again')
  await settle()

  const large = send(transport, { path: '/large' }, { onData: () => large.pieces.length % 10 !== 0 })
  while (large.pieces.length < 10) await settle()
  await settle()
  t.ok(large.body.length < SIZE / 2, 'it pauses')
  while (large.trailers === undefined) {
    large.resume()
    await setTimeout(1)
  }
  t.equal(large.body.length, SIZE, 'and goes on')

  const { socket } = await send(transport, { path: '/upgrade', upgrade: 'echo' }).over
  socket!.write(' world')
  let text = ''
  for await (const chunk of socket!) if ((text += chunk) === 'hello world') break
  t.equal(text, 'hello world', 'it can be handed over')
}

for (const [name, host] of [['127.0.0.1', '127.0.0.1'], ['an IPv6 address', '::1'], ['a name', 'localhost'], ['a name that has two addresses, of which one refuses', '127.0.0.1']]) {
  t.test(`connections to ${name}`, async t => {
    const server = await listen(t, http.createServer(), { host })
    const asked = name!.startsWith('a name') ? 'localhost' : host!
    await checkConnections(t, createTransport(t, openPlain({ host: asked, port: portOf(server) })))
  })
}

t.test('connections to a Unix socket', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const path = join(folder, 'socket')
  await listen(t, http.createServer(), { path })
  await checkConnections(t, createTransport(t, openPlain({ path })))
  t.match(await send(createTransport(t, openPlain({ path: `${path}-none` }))).over, { events: ['onError'], error: { code: 'ENOENT' } })
})

t.test('connections over TLS', async t => {
  const server = await listen(t, https.createServer({ cert: pem('name.cert'), key: pem('name.key') }), { host: 'localhost' })
  const target = createTarget(`https://localhost:${portOf(server)}`, { ca: pem('name.cert') })
  await checkConnections(t, createTransport(t, openBy(createConnector(target, 0), target)))
  const stranger = createTarget(target.origin)
  t.match(await send(createTransport(t, openBy(createConnector(stranger, 0), stranger))).over, { events: ['onError'], error: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' } })
})
