import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import https from 'node:https'
import net, { type AddressInfo, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import { lacksIpv6Certificates } from '../../helpers/certificates.ts'
import t, { type Test } from 'tap'
import type { UpstreamTarget } from '../../../lib/location.ts'
import { UndiciTransport } from '../../../lib/transport/undici-transport.ts'
import { GET, silentHandler } from '../transport/transport.ts'
import { Upstream } from '../../../lib/pool/upstream.ts'
import { startRawUpstream, startUpstream } from '../../helpers/upstreams.ts'
import { createDispatcher, dispatch, inFlightOf, locationOf, textOf } from '../dispatch/dispatch.ts'
import { createLocation, createTarget } from '../locations.ts'

const pem = (name: string) => readFileSync(new URL(`../../fixtures/tls/${name}.pem`, import.meta.url), 'utf8')

/**
 * A server with a self-signed certificate, for `localhost` (`name`) or for its address. It answers with the server name
 * and the host that it was asked for.
 */
async function startSecure (t: Test, certificate: 'name' | 'address', host = '127.0.0.1'): Promise<{ port: number, connections: () => number }> {
  let connections = 0
  const server = https.createServer({ cert: pem(`${certificate}.cert`), key: pem(`${certificate}.key`) }, (request, response) => {
    response.end(`${(request.socket as TLSSocket & { servername: string | false }).servername} ${request.headers.host}`)
  })
  server.on('secureConnection', () => connections++)
  server.listen(0, host)
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return { port: (server.address() as AddressInfo).port, connections: () => connections }
}

interface Row {
  name: string
  certificate: 'name' | 'address'
  host: string
  target?: Partial<UpstreamTarget>
  /** What the server is asked for; `null` when it is not trusted. */
  expected: string | null
}

const rows: Row[] = [
  { name: 'an unknown authority is refused', certificate: 'name', host: 'localhost', expected: null },
  { name: 'the authority that the options name is accepted', certificate: 'name', host: 'localhost', target: { ca: pem('name.cert') }, expected: 'localhost localhost' },
  { name: 'another authority is refused', certificate: 'name', host: 'localhost', target: { ca: pem('address.cert') }, expected: null },
  { name: 'insecure accepts any', certificate: 'name', host: 'localhost', target: { insecure: true }, expected: 'localhost localhost' },
  { name: 'a certificate for another name is refused', certificate: 'name', host: '127.0.0.1', target: { ca: pem('name.cert') }, expected: null },
  { name: 'a certificate for the address is accepted, and no name sent', certificate: 'address', host: '127.0.0.1', target: { ca: pem('address.cert') }, expected: 'false 127.0.0.1' },
]

for (const { name, certificate, host, target = {}, expected } of rows) {
  t.test(`TLS: ${name}`, async t => {
    const { port } = await startSecure(t, certificate)
    const dispatcher = createDispatcher(t, locationOf({ upstreams: [createTarget(`https://${host}:${port}`, target)] }))
    const result = await dispatch(dispatcher, { host: 'shop.example' }).result
    if (expected === null) t.match(result, { code: 'GW_ERR_UPSTREAM_UNREACHABLE', statusCode: 502 })
    else t.equal(await textOf(result), `${expected}:${port}`)
    t.equal(inFlightOf(dispatcher), 0)
  })
}

t.test('TLS: a certificate for an IPv6 address is accepted', { skip: lacksIpv6Certificates }, async t => {
  const { port } = await startSecure(t, 'address', '::1')
  const dispatcher = createDispatcher(t, locationOf({ upstreams: [createTarget(`https://[::1]:${port}`, { ca: pem('address.cert') })] }))
  t.equal(await textOf(await dispatch(dispatcher).result), `false [::1]:${port}`)
})

t.test('TLS: the certificate is held against the upstream\'s name also when the client\'s Host is sent, over one connection', async t => {
  const { port, connections } = await startSecure(t, 'name')
  const dispatcher = createDispatcher(t, locationOf({ rewriteHost: false, upstreams: [createTarget(`https://localhost:${port}`, { ca: pem('name.cert') })] }))
  for (const host of ['shop.example', 'other.example', '127.0.0.1']) {
    t.equal(await textOf(await dispatch(dispatcher, { host }).result), `localhost ${host}`)
    await setTimeout(5)
  }
  t.equal(connections(), 1)
})

t.test('TLS: an address in an upstream\'s URL brings no warning about server names', async t => {
  const warnings: Error[] = []
  const listener = (warning: Error) => warnings.push(warning)
  process.on('warning', listener)
  t.teardown(() => process.off('warning', listener))
  const { port } = await startSecure(t, 'address')
  const dispatcher = createDispatcher(t, locationOf({ upstreams: [createTarget(`https://127.0.0.1:${port}`, { insecure: true })] }))
  await textOf(await dispatch(dispatcher).result)
  await setTimeout(5)
  t.strictSame(warnings, [])
})

t.test('an idle connection is closed before servers usually close theirs', async t => {
  const closed: number[] = []
  const origin = await startRawUpstream(t, socket => {
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx')).on('close', () => closed.push(performance.now()))
  })
  const dispatcher = createDispatcher(t, locationOf({ upstreams: [createTarget(origin)] }))
  await textOf(await dispatch(dispatcher).result)
  const start = performance.now()
  while (closed.length === 0) await setTimeout(20)
  const idle = closed[0]! - start
  t.ok(idle > 1000 && idle < 5000, `${idle} ms`)
})

t.test('an upstream is its target and what it is doing', async t => {
  const target = createTarget('http://127.0.0.1:1', { weight: 3 })
  const upstream = new Upstream(target, createLocation(), null)
  t.teardown(() => upstream.transport.destroy())
  t.match(upstream, { target, weight: 3, score: 0, inFlight: 0, isAtCapacity: false, isHealthy: true })
  upstream.weight = 1
  t.strictSame([upstream.weight, upstream.target.weight, target.weight], [1, 1, 3], 'and leaves the configuration alone')
})

t.test('a connection of its own is closed behind its one request', async t => {
  const seen: { port: number, connection: string | undefined }[] = []
  const ends: Promise<unknown>[] = []
  const origin = await startUpstream(t, (request, response) => {
    seen.push({ port: request.socket.remotePort!, connection: request.headers.connection })
    ends.push(once(request.socket, 'close'))
    response.end('fine')
  })
  const connections = new UndiciTransport(createTarget(origin), { connectTimeout: 1000, maxConnections: 10 })
  t.teardown(() => connections.destroy())
  const ask = (method: 'dispatch' | 'dispatchFresh') => new Promise<void>((resolve, reject) => {
    connections[method](GET, { ...silentHandler, onComplete: () => resolve(), onError: reject })
  })
  await ask('dispatch')
  await setTimeout(5)
  await ask('dispatchFresh')
  await ends[1]
  await ask('dispatch')
  t.strictSame(seen.map(({ port }) => port === seen[0]!.port), [true, false, true])
  t.strictSame(seen.map(({ connection }) => connection), ['keep-alive', 'close', 'keep-alive'])
})

t.test('destroying the connections ends those that are their own, too', async t => {
  const accepted = new Promise<Socket>((resolve, reject) => { startRawUpstream(t, resolve).then(open, reject) })
  let connections: UndiciTransport | undefined
  let failed: Promise<unknown> | undefined
  function open (origin: string): void {
    connections = new UndiciTransport(createTarget(origin), { connectTimeout: 1000, maxConnections: 10 })
    failed = new Promise(resolve => connections!.dispatchFresh(GET, { ...silentHandler, onError: resolve }))
  }
  const socket = await accepted
  await connections!.destroy()
  t.match(await failed, { name: 'ClientDestroyedError' })
  if (!socket.closed) await once(socket, 'close')
})

t.test('there are never more connections than the limit', async t => {
  let open = 0
  let most = 0
  const origin = await startUpstream(t, (_request, response) => { setImmediate(() => response.end('fine')) })
  const raw = await startRawUpstream(t, socket => {
    most = Math.max(most, ++open)
    socket.on('close', () => open--)
    socket.pipe(net.connect(Number(new URL(origin).port), '127.0.0.1').on('error', () => {})).pipe(socket)
  })
  const dispatcher = createDispatcher(t, locationOf({ upstreams: [createTarget(raw)], limits: { maxConnections: 3 } }))
  const texts = await Promise.all(Array.from({ length: 30 }, async () => textOf(await dispatch(dispatcher).result)))
  t.strictSame([new Set(texts), most], [new Set(['fine']), 3])
})
