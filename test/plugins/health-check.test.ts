import { setTimeout } from 'node:timers/promises'
import { Writable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import type { InlineAppOptions } from '../../lib/options/schema.ts'
import { buildGateway, listenGateway } from '../helpers/gateways.ts'
import { startUpstream } from '../helpers/upstreams.ts'

interface Line { level: number, msg: string, app?: string, upstream?: string }

/** An upstream that is well until the test says otherwise; it responds with its name. */
async function startChecked (t: Test, name: string) {
  const state = { isWell: true, probes: 0, requests: 0 }
  const origin = await startUpstream(t, (request, response) => {
    if (request.url === '/health') state.probes++
    else state.requests++
    const isWell = state.isWell || request.url !== '/health'
    response.writeHead(isWell ? 200 : 503, { 'content-type': 'text/plain' }).end(name)
  })
  return { origin, state }
}

/** A gateway in front of one app, and what it logs. */
async function startLogged (
  t: Test,
  app: Partial<InlineAppOptions>
): Promise<{ fastify: FastifyInstance; lines: Line[] }> {
  const lines: Line[] = []
  const stream = new Writable({
    write (chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)))
      done()
    },
  })
  const { fastify } = await listenGateway(t, { apps: [{ name: 'app', ...app }] }, { logger: { level: 'info', stream } })
  return { fastify, lines }
}

async function until (isSo: () => boolean): Promise<void> {
  while (!isSo()) await setTimeout(5)
}

/** The names of the upstreams that respond to a number of requests, in order. */
async function sendRequests (
  fastify: FastifyInstance,
  count: number,
  headers: (index: number) => Record<string, string> = () => ({})
): Promise<string> {
  let names = ''
  for (let i = 0; i < count; i++) names += (await fastify.inject({ url: '/app/x', headers: headers(i) })).body
  return names
}

t.test('an upstream with a failing health check gets nothing until it passes again, and the log says so', async t => {
  const [a, b] = [await startChecked(t, 'a'), await startChecked(t, 'b')]
  const healthCheck = { path: '/health', interval: 20, unhealthyInterval: 20, fall: 2, rise: 2 }
  const { fastify, lines } = await startLogged(t, { upstreams: [a.origin, b.origin], healthCheck })
  const changes = () => lines.filter(({ msg }) => msg.startsWith('upstream ')).map(({ level, msg, app, upstream }) => ({ level, msg, app, upstream }))
  t.equal([...await sendRequests(fastify, 4)].sort().join(''), 'aabb')

  a.state.isWell = false
  await until(() => changes().length === 1)
  t.equal(await sendRequests(fastify, 4), 'bbbb')
  t.equal(fastify.gateway.isReady(), true, 'one is enough')
  b.state.isWell = false
  await until(() => changes().length === 2)
  t.equal(fastify.gateway.isReady(), false)
  t.equal((await sendRequests(fastify, 4)).length, 4, 'when none is left, all get requests')

  a.state.isWell = true
  await until(() => changes().length === 3)
  t.equal(fastify.gateway.isReady(), true)
  t.strictSame(changes(), [
    { level: 40, msg: 'upstream is down: its health check fails', app: 'app', upstream: a.origin },
    { level: 40, msg: 'upstream is down: its health check fails', app: 'app', upstream: b.origin },
    { level: 30, msg: 'upstream is up again', app: 'app', upstream: a.origin },
  ])
})

t.test('an upstream is ejected when its requests fail, and the log says so', async t => {
  const b = await startChecked(t, 'b')
  const { fastify, lines } = await startLogged(t, { upstreams: ['http://127.0.0.1:9', b.origin], outlierDetection: { consecutiveLocalErrors: 1 } })
  t.equal(await sendRequests(fastify, 4), 'bbbb')
  t.match(lines.filter(({ msg }) => msg.startsWith('upstream ')), [{ level: 40, msg: 'upstream is ejected: its requests fail', app: 'app', upstream: 'http://127.0.0.1:9' }])
  t.match(lines.filter(({ msg }) => msg === 'request forwarded').map(line => (line as Line & { retries: number }).retries).sort(), [0, 0, 0, 1])
})

t.test('probes begin when the server is ready, not when the gateway is registered, and end with it', async t => {
  const a = await startChecked(t, 'a')
  const fastify = await buildGateway(t, { apps: [{ name: 'app', upstreams: a.origin, healthCheck: { path: '/health', interval: 10 } }] })
  await setTimeout(50)
  t.equal(a.state.probes, 0)
  await fastify.ready()
  await until(() => a.state.probes >= 3)
  await fastify.close()
  // One that has left may still arrive.
  await setTimeout(100)
  const { probes } = a.state
  await setTimeout(100)
  t.equal(a.state.probes, probes)
})

const hashes = [
  { hash: 'header:X-User', headers: (index: number) => ({ 'x-user': `user ${index % 20}` }) },
  { hash: 'cookie:session', headers: (index: number) => ({ cookie: `a=b; session=${index % 20}` }) },
]

for (const { hash, headers } of hashes) {
  t.test(`requests with the same ${hash} go to the same upstream`, async t => {
    const origins = await Promise.all(['a', 'b', 'c'].map(async name => (await startChecked(t, name)).origin))
    const fastify = await buildGateway(t, { apps: [{ name: 'app', upstreams: origins, balancer: { hash } }] })
    const names = await sendRequests(fastify, 40, headers)
    t.equal(names.slice(0, 20), names.slice(20))
    t.equal(new Set(names).size, 3)
  })
}

t.test('requests of one client go to the same upstream, also when a trusted proxy brings them', async t => {
  const origins = await Promise.all(['a', 'b', 'c'].map(async name => (await startChecked(t, name)).origin))
  const fastify = await buildGateway(t, { apps: [{ name: 'app', upstreams: origins, balancer: { hash: 'ip' } }], trustedProxies: ['127.0.0.1'] })
  t.equal(new Set(await sendRequests(fastify, 10)).size, 1)
  const names = await sendRequests(fastify, 60, index => ({ 'x-forwarded-for': `192.0.2.${index % 30}` }))
  t.equal(names.slice(0, 30), names.slice(30))
  t.equal(new Set(names).size, 3)
})

t.test('upstreams and weights can be changed while the gateway runs', async t => {
  const [a, b, c] = [await startChecked(t, 'a'), await startChecked(t, 'b'), await startChecked(t, 'c')]
  const fastify = await buildGateway(t, { apps: [{ name: 'app', upstreams: [a.origin, b.origin] }] })
  t.equal([...await sendRequests(fastify, 4)].sort().join(''), 'aabb')
  fastify.gateway.setUpstreams('app', [{ url: a.origin, weight: 0 }, b.origin, { url: c.origin, weight: 3 }])
  t.equal([...await sendRequests(fastify, 8)].sort().join(''), 'bbcccccc')
  t.strictSame(fastify.gateway.locations[0]!.upstreams.map(({ weight }) => weight), [0, 1, 3])
  t.throws(() => fastify.gateway.setUpstreams('app', ['ftp://x']), { code: 'GW_ERR_CONFIG' })
  t.equal([...await sendRequests(fastify, 4)].sort().join(''), 'bccc', 'a mistake changes nothing')
})
