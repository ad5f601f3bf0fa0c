import type { ServerHttp2Stream } from 'node:http2'
import http from 'node:http'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { Probe } from '../../../lib/health/probe.ts'
import { sendProbe } from '../../../lib/transport/probe.ts'
import type { HealthCheckRule, UpstreamTarget } from '../../../lib/location.ts'
import { startRawUpstream, startUpstream } from '../../helpers/upstreams.ts'
import { createTarget } from '../locations.ts'
import { startPeer } from './http2/frames.ts'
import { socketPathFor, startHttp2, startSecureHttp2, until } from './http2/support.ts'

// Probes of upstreams that speak HTTP/2, or listen on a Unix socket.

const RULE: HealthCheckRule = { path: '/health', method: 'GET', interval: 1000, unhealthyInterval: 500, timeout: 20_000, rise: 1, fall: 1, expectedStatus: [200, 399], headers: { 'X-Probe': '1' } }

async function probe (
  t: Test,
  origin: string,
  target: Partial<UpstreamTarget> = {},
  changes: Partial<HealthCheckRule> = {}
): Promise<boolean> {
  return new Promise(resolve => {
    const single = new Probe(
      createTarget(origin, { isHttp2: true, ...target }),
      { ...RULE, ...changes },
      sendProbe,
      resolve
    )
    t.teardown(() => single.stop())
  })
}

t.test('a probe over HTTP/2 has a connection of its own, which is closed afterwards', async t => {
  const asked: unknown[] = []
  const { origin, sessions } = await startHttp2(t, (stream, headers) => {
    asked.push([headers[':method'], headers[':path'], headers[':authority'], headers['x-probe'], headers['user-agent'], headers.connection])
    stream.respond({ ':status': 204 }, { endStream: true })
  })
  t.equal(await probe(t, origin, { basePath: '/v2' }), true)
  t.equal(await probe(t, origin), true)
  const { host } = new URL(origin)
  t.strictSame(asked, ['/v2/health', '/health'].map(path => ['GET', path, host, '1', 'fastify-gateway health check', undefined]))
  t.equal(sessions.length, 2)
  await until(() => sessions.every(({ destroyed }) => destroyed))
})

const answers: { name: string, answer: (stream: ServerHttp2Stream) => void, hasPassed: boolean }[] = [
  { name: 'an expected status', answer: stream => stream.respond({ ':status': 200 }), hasPassed: true },
  { name: 'an interim answer, and an expected status', answer: stream => { stream.additionalHeaders({ ':status': 103 }); stream.respond({ ':status': 200 }) }, hasPassed: true },
  { name: 'a whole answer', answer: stream => { stream.respond({ ':status': 200 }); stream.end('x') }, hasPassed: true },
  { name: 'another status', answer: stream => stream.respond({ ':status': 503 }), hasPassed: false },
  { name: 'a stream that is reset', answer: stream => stream.close(2), hasPassed: false },
]

for (const { name, answer, hasPassed } of answers) {
  t.test(`${name} ${hasPassed ? 'passes' : 'fails'}`, async t => {
    const { origin } = await startHttp2(t, answer)
    t.equal(await probe(t, origin), hasPassed)
  })
}

t.test('a server of HTTP/1.1 fails, and so does a closed port', async t => {
  t.equal(await probe(t, await startUpstream(t, (_request, response) => response.end())), false)
  t.equal(await probe(t, 'http://127.0.0.1:1'), false)
})

t.test('a server that does not respond fails when the time is over', async t => {
  const { origin, peers } = await startPeer(t, () => {})
  t.equal(await probe(t, origin, {}, { timeout: 50 }), false)
  await until(() => peers[0]!.socket.closed)
  t.equal(await probe(t, await startRawUpstream(t, () => {}), {}, { timeout: 50 }), false)
})

t.test('a body is received and ignored', async t => {
  let isWhole = false
  const { origin, sessions } = await startHttp2(t, stream => {
    stream.respond({ ':status': 200 })
    stream.end(Buffer.alloc(1_000_000))
    stream.on('finish', () => { isWhole = true })
  })
  const statuses: unknown[] = []
  const stop = sendProbe(createTarget(origin, { isHttp2: true }), { method: 'GET', path: '/', headers: {} }, status => statuses.push(status))
  t.teardown(stop)
  await until(() => isWhole)
  t.strictSame(statuses, [200])
  stop()
  await until(() => sessions[0]!.destroyed)
})

t.test('a probe in HTTP/2 holds TLS to what the upstream says', async t => {
  const { origin } = await startSecureHttp2(t, stream => stream.respond({ ':status': 200 }, { endStream: true }))
  t.equal(await probe(t, origin), false)
  t.equal(await probe(t, origin, { insecure: true }), true)
})

t.test('a probe is sent to a Unix socket', async t => {
  const hosts: unknown[] = []
  const socketPath = socketPathFor(t)
  const server = http.createServer((request, response) => {
    hosts.push(request.headers.host)
    response.end()
  }).listen(socketPath)
  await once(server, 'listening')
  t.teardown(() => server.close())
  t.equal(await probe(t, 'http://localhost', { isHttp2: false, socketPath }), true)
  t.strictSame(hosts, ['localhost'])
  t.equal(await probe(t, 'http://localhost', { isHttp2: false, socketPath: `${socketPath}x` }), false)
})
