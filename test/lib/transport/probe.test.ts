import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import { lacksIpv6Certificates } from '../../helpers/certificates.ts'
import t, { type Test } from 'tap'
import type { HealthCheckRule, UpstreamTarget } from '../../../lib/location.ts'
import { sendProbe } from '../../../lib/transport/probe.ts'
import { Probe } from '../../../lib/health/probe.ts'
import { startCannedUpstream, startRawUpstream, startUpstream } from '../../helpers/upstreams.ts'
import { closeOf } from '../dispatch/fakes.ts'
import { createTarget } from '../locations.ts'

// Longer than any machine is slow; where a probe has to fail by its time, the test says so.
const RULE: HealthCheckRule = { path: '/health', method: 'GET', interval: 1000, unhealthyInterval: 500, timeout: 20_000, rise: 1, fall: 1, expectedStatus: [200, 399], headers: {} }

const pem = (name: string) => readFileSync(new URL(`../../fixtures/tls/${name}.pem`, import.meta.url), 'utf8')

/** Probes once, and resolves to what the probe says; what it says behind that ends the test. */
async function probe (t: Test, target: UpstreamTarget, changes: Partial<HealthCheckRule> = {}): Promise<boolean> {
  return new Promise(resolve => {
    let hasSpoken = false
    const single = new Probe(target, { ...RULE, ...changes }, sendProbe, hasPassed => {
      if (hasSpoken) throw new Error('it has spoken twice')
      hasSpoken = true
      resolve(hasPassed)
    })
    t.teardown(() => single.stop())
  })
}

/** A server of bytes, and the ends of its connections: `closed[0]` resolves when the first is closed. */
async function startWatched (
  t: Test,
  onConnection: (socket: Socket) => void
): Promise<{ origin: string; closed: Promise<unknown>[] }> {
  const closed: Promise<unknown>[] = []
  const origin = await startRawUpstream(t, socket => {
    closed.push(closeOf(socket))
    socket.resume()
    onConnection(socket)
  })
  return { origin, closed }
}

const statuses: [statusCode: number, expectedStatus: readonly [number, number], hasPassed: boolean][] = [
  [200, [200, 399], true],
  [204, [200, 399], true],
  [304, [200, 399], true],
  [399, [200, 399], true],
  [400, [200, 399], false],
  [503, [200, 399], false],
  [302, [200, 299], false],
  [200, [201, 201], false],
  [404, [404, 404], true],
  [403, [404, 404], false],
]

for (const [statusCode, expectedStatus, hasPassed] of statuses) {
  t.test(`an answer of ${statusCode} ${hasPassed ? 'passes' : 'fails'} where ${expectedStatus.join(' to ')} is expected`, async t => {
    const origin = await startUpstream(t, (_request, response) => response.writeHead(statusCode).end())
    t.equal(await probe(t, createTarget(origin), { expectedStatus }), hasPassed)
  })
}

t.test('a redirect is an answer, and is not followed', async t => {
  const asked: string[] = []
  const origin = await startUpstream(t, (request, response) => {
    asked.push(request.url!)
    response.writeHead(302, { Location: '/login' }).end()
  })
  t.equal(await probe(t, createTarget(origin)), true)
  await setTimeout(20)
  t.strictSame(asked, ['/health'])
})

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'

const answers: { name: string, answer: string, end?: boolean, method?: string, hasPassed: boolean }[] = [
  { name: 'an interim answer before the final one', answer: `HTTP/1.1 103 Early Hints\r\n\r\n${OK}`, hasPassed: true },
  { name: 'an answer to HEAD', answer: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', method: 'HEAD', hasPassed: true },
  { name: 'a head without the body that it announces', answer: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nx', hasPassed: true },
  { name: 'a head whose body breaks off', answer: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nx', end: true, hasPassed: true },
  { name: 'garbage', answer: 'nonsense\r\n\r\n', hasPassed: false },
  { name: 'half a head, and the end', answer: 'HTTP/1.1 200 OK\r\n', end: true, hasPassed: false },
  { name: 'nothing, and the end', answer: '', end: true, hasPassed: false },
  { name: 'an interim answer only', answer: 'HTTP/1.1 103 Early Hints\r\n\r\n', end: true, hasPassed: false },
  { name: 'a switch of protocols', answer: 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n', hasPassed: false },
  { name: 'a tunnel', answer: 'HTTP/1.1 200 OK\r\n\r\n', method: 'CONNECT', hasPassed: false },
]

for (const { name, answer, end, method = 'GET', hasPassed } of answers) {
  t.test(`${name} ${hasPassed ? 'passes' : 'fails'}`, async t => {
    const origin = await startCannedUpstream(t, answer, { end })
    t.equal(await probe(t, createTarget(origin), { method, expectedStatus: [100, 599] }), hasPassed)
  })
}

t.test('a refused connection fails', async t => {
  t.equal(await probe(t, createTarget('http://127.0.0.1:1')), false)
})

const silences: { name: string, start: string }[] = [
  { name: 'a server that says nothing', start: '' },
  { name: 'a server that stops in its head', start: 'HTTP/1.1 200 OK\r\nContent-Type: te' },
  { name: 'a server that stops behind an interim answer', start: 'HTTP/1.1 103 Early Hints\r\n\r\n' },
]

for (const { name, start } of silences) {
  t.test(`${name} fails when the time is over, and its connection is closed`, async t => {
    const { origin, closed } = await startWatched(t, socket => socket.write(start))
    const startedAt = performance.now()
    t.equal(await probe(t, createTarget(origin), { timeout: 100 }), false)
    t.ok(performance.now() - startedAt > 90)
    t.equal(closed.length, 1)
    await closed[0]
  })
}

t.test('a server that sends without an end has answered, and its connection is closed', async t => {
  const { origin, closed } = await startWatched(t, socket => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
    const more = () => socket.write(`10000\r\n${'x'.repeat(0x10000)}\r\n`)
    socket.on('drain', more)
    more()
  })
  t.equal(await probe(t, createTarget(origin)), true)
  await closed[0]
})

t.test('every probe has a connection of its own, which is closed behind it', async t => {
  const { origin, closed } = await startWatched(t, socket => socket.on('data', () => socket.write(OK)))
  for (let count = 1; count <= 3; count++) {
    t.equal(await probe(t, createTarget(origin)), true)
    t.equal(closed.length, count)
  }
  await Promise.all(closed)
})

t.test('a probe waits for no other connection of the process', async t => {
  const { maxSockets } = http.globalAgent
  http.globalAgent.maxSockets = 1
  t.teardown(() => { http.globalAgent.maxSockets = maxSockets })
  const { origin, closed } = await startWatched(t, () => {})
  await Promise.all([1, 2].map(() => probe(t, createTarget(origin), { timeout: 200 })))
  await Promise.all(closed)
  t.equal(closed.length, 2)
})

const paths: { name: string, target: Partial<UpstreamTarget>, path: string, expected: string }[] = [
  { name: 'its own', target: {}, path: '/health', expected: '/health' },
  { name: 'its own, with a query', target: {}, path: '/health?deep=1&x=%20', expected: '/health?deep=1&x=%20' },
  { name: 'behind the base of the upstream', target: { basePath: '/v2' }, path: '/health', expected: '/v2/health' },
]

for (const { name, target, path, expected } of paths) {
  t.test(`a probe requests a path: ${name}`, async t => {
    const asked: unknown[] = []
    const origin = await startUpstream(t, (request, response) => {
      asked.push(request.method, request.url)
      response.end()
    })
    await probe(t, createTarget(origin, target), { path, method: 'OPTIONS' })
    t.strictSame(asked, ['OPTIONS', expected])
  })
}

const AGENT = ['User-Agent', 'fastify-gateway health check']
const CLOSE = ['Connection', 'close']

const headers: { name: string, given: Record<string, string>, expected: string[] }[] = [
  { name: 'the upstream\'s host and who asks', given: {}, expected: ['Host', 'shop.internal:8001', ...AGENT, ...CLOSE] },
  { name: 'another host, when one is given', given: { Host: 'shop.example' }, expected: [...AGENT, ...CLOSE, 'Host', 'shop.example'] },
  { name: 'what is given, in whatever case, and more', given: { host: 'shop.example', 'USER-AGENT': 'me', 'X-Key': 'a b' }, expected: [...CLOSE, 'host', 'shop.example', 'USER-AGENT', 'me', 'X-Key', 'a b'] },
]

for (const { name, given, expected } of headers) {
  t.test(`a probe sends ${name}`, async t => {
    let sent: string[] = []
    const origin = await startUpstream(t, (request, response) => {
      sent = request.rawHeaders
      response.end()
    })
    const before = { ...given }
    t.equal(await probe(t, createTarget(origin, { host: 'shop.internal:8001' }), { headers: given }), true)
    t.strictSame(sent, expected)
    t.strictSame(given, before)
  })
}

/**
 * A server with a self-signed certificate, for `localhost` (`name`) or for its address, and the names that it was asked
 * for.
 */
async function startSecure (t: Test, certificate: 'name' | 'address', host = '127.0.0.1'): Promise<{ port: number, names: unknown[] }> {
  const names: unknown[] = []
  const server = https.createServer({ cert: pem(`${certificate}.cert`), key: pem(`${certificate}.key`) }, ({ socket, headers: { host } }, response) => {
    names.push((socket as TLSSocket & { servername: string | false }).servername, host)
    response.end()
  })
  await listen(t, server, host)
  return { port: (server.address() as AddressInfo).port, names }
}

async function listen (t: Test, server: http.Server | https.Server, host: string): Promise<void> {
  server.listen(0, host)
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
}

interface Secure {
  name: string
  certificate: 'name' | 'address'
  host: string
  target?: Partial<UpstreamTarget>
  headers?: Record<string, string>
  /** The server name and the host that the server is asked for; `null` when it is not trusted. */
  expected: [name: string | false, host: string] | null
}

const secure: Secure[] = [
  { name: 'an unknown authority fails', certificate: 'name', host: 'localhost', expected: null },
  { name: 'the authority that the options name passes', certificate: 'name', host: 'localhost', target: { ca: pem('name.cert') }, expected: ['localhost', 'localhost:PORT'] },
  { name: 'another authority fails', certificate: 'name', host: 'localhost', target: { ca: pem('address.cert') }, expected: null },
  { name: 'insecure accepts any', certificate: 'name', host: 'localhost', target: { insecure: true }, expected: ['localhost', 'localhost:PORT'] },
  { name: 'a certificate for another name fails', certificate: 'name', host: '127.0.0.1', target: { ca: pem('name.cert') }, expected: null },
  { name: 'a certificate for the address passes, and no name is sent', certificate: 'address', host: '127.0.0.1', target: { ca: pem('address.cert') }, expected: [false, '127.0.0.1:PORT'] },
  { name: 'it is held against the upstream\'s name, whatever Host is sent', certificate: 'name', host: 'localhost', target: { ca: pem('name.cert') }, headers: { Host: 'shop.example' }, expected: ['localhost', 'shop.example'] },
]

for (const { name, certificate, host, target = {}, headers = {}, expected } of secure) {
  t.test(`TLS: ${name}`, async t => {
    const { port, names } = await startSecure(t, certificate)
    t.equal(await probe(t, createTarget(`https://${host}:${port}`, target), { headers }), expected !== null)
    t.strictSame(names, expected === null ? [] : expected.map(text => text === false ? text : text.replace('PORT', String(port))))
  })
}

t.test('TLS: an IPv6 address is probed like any other', { skip: lacksIpv6Certificates }, async t => {
  const { port, names } = await startSecure(t, 'address', '::1')
  t.equal(await probe(t, createTarget(`https://[::1]:${port}`, { ca: pem('address.cert') })), true)
  t.strictSame(names, [false, `[::1]:${port}`])
})

t.test('an IPv6 address without TLS is probed, too', async t => {
  const hosts: unknown[] = []
  const server = http.createServer((request, response) => {
    hosts.push(request.headers.host)
    response.end()
  })
  await listen(t, server, '::1')
  const { port } = server.address() as AddressInfo
  t.equal(await probe(t, createTarget(`http://[::1]:${port}`)), true)
  t.strictSame(hosts, [`[::1]:${port}`])
})

t.test('TLS: an address brings no warning about server names', async t => {
  const warnings: Error[] = []
  const listener = (warning: Error) => warnings.push(warning)
  process.on('warning', listener)
  t.teardown(() => process.off('warning', listener))
  const { port } = await startSecure(t, 'address')
  t.equal(await probe(t, createTarget(`https://127.0.0.1:${port}`, { ca: pem('address.cert') })), true)
  await setTimeout(5)
  t.strictSame(warnings, [])
})

t.test('a probe that is stopped says nothing, not even when its time is over, and leaves no connection', async t => {
  const connected: (() => void)[] = []
  const { origin, closed } = await startWatched(t, () => connected.shift()?.())
  const results: boolean[] = []
  const arrived = new Promise<void>(resolve => connected.push(resolve))
  const waiting = new Probe(createTarget(origin), { ...RULE, timeout: 50 }, sendProbe, hasPassed =>
    results.push(hasPassed)
  )
  await arrived
  waiting.stop()
  await closed[0]
  await setTimeout(100)
  t.strictSame(results, [])
})

t.test('a probe that is stopped before it has a connection makes none', async t => {
  const { origin, closed } = await startWatched(t, () => {})
  const results: boolean[] = []
  new Probe(createTarget(origin), { ...RULE, timeout: 20 }, sendProbe, hasPassed => results.push(hasPassed)).stop()
  await setTimeout(50)
  await Promise.all(closed)
  t.strictSame(results, [])
})

t.test('stopping a probe that is over changes nothing', async t => {
  const origin = await startUpstream(t, (_request, response) => response.end())
  const results: boolean[] = []
  await new Promise<void>(resolve => {
    const over: Probe = new Probe(createTarget(origin), RULE, sendProbe, hasPassed => {
      results.push(hasPassed)
      over.stop()
      resolve()
    })
  })
  await setTimeout(10)
  t.strictSame(results, [true])
})
