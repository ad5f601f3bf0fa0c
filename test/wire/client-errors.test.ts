import t from 'tap'
import type { GatewayPluginOptions } from '../../index.ts'
import { listenStandalone, onEachServer } from '../helpers/gateways.ts'
import { connectRaw, sendBytes, sendRawRequest, statusesOf, valuesOf } from '../helpers/raw-client.ts'
import { startCannedUpstream, startRawUpstream, startRecorder } from '../helpers/upstreams.ts'

// The gateway's own responses: contract, section 7.

type App = NonNullable<GatewayPluginOptions['apps']>[number]

const silent = (t: Parameters<typeof startRawUpstream>[0]) => startRawUpstream(t, socket => socket.resume())

const failures: { name: string, status: number, code: string, app: (t: Parameters<typeof startRawUpstream>[0]) => Promise<Omit<App, 'name'>> }[] = [
  { name: 'nothing listens', status: 502, code: 'GW_ERR_UPSTREAM_UNREACHABLE', app: async () => ({ upstreams: 'http://127.0.0.1:1' }) },
  { name: 'it hangs up at once', status: 502, code: 'GW_ERR_UPSTREAM_UNREACHABLE', app: async t => ({ upstreams: await startRawUpstream(t, socket => socket.destroy()) }) },
  { name: 'it hangs up on the request', status: 502, code: 'GW_ERR_UPSTREAM_UNREACHABLE', app: async t => ({ upstreams: await startRawUpstream(t, socket => socket.once('data', () => socket.end())) }) },
  { name: 'it resets on the request', status: 502, code: 'GW_ERR_UPSTREAM_UNREACHABLE', app: async t => ({ upstreams: await startRawUpstream(t, socket => socket.once('data', () => socket.resetAndDestroy())) }) },
  { name: 'it does not speak HTTP', status: 502, code: 'GW_ERR_BAD_UPSTREAM_RESPONSE', app: async t => ({ upstreams: await startCannedUpstream(t, '220 mail.test ESMTP\r\n', { end: true }) }) },
  { name: 'its response has two lengths', status: 502, code: 'GW_ERR_BAD_UPSTREAM_RESPONSE', app: async t => ({ upstreams: await startCannedUpstream(t, 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab') }) },
  { name: 'all are drained', status: 503, code: 'GW_ERR_NO_UPSTREAM', app: async () => ({ upstreams: [{ url: 'http://127.0.0.1:1', weight: 0 }, { url: 'http://127.0.0.1:2', weight: 0 }] }) },
  { name: 'the only one is drained', status: 503, code: 'GW_ERR_NO_UPSTREAM', app: async () => ({ upstreams: [{ url: 'http://127.0.0.1:1', weight: 0 }] }) },
  { name: 'it does not respond', status: 504, code: 'GW_ERR_UPSTREAM_TIMEOUT', app: async t => ({ upstreams: await silent(t), timeouts: { headers: 50 } }) },
  { name: 'the whole takes too long', status: 504, code: 'GW_ERR_UPSTREAM_TIMEOUT', app: async t => ({ upstreams: await silent(t), timeouts: { request: '50ms' } }) },
]

onEachServer('a failure has its status and its code, and shows nothing of the upstream', async (t, listen) => {
  for (const { name, status, code, app } of failures) {
    const given = await app(t)
    const { port } = await listen(t, { apps: [{ name: 'app', ...given }] })
    for (const [line, lines, body] of [['GET /app/', [], ''], ['POST /app/', ['Content-Length: 3', 'Content-Type: text/plain'], 'abc']] as const) {
      const response = await sendRawRequest(t, port, line, lines, body)
      t.match(response.startLine, ` ${status} `, name)
      const { message, ...rest } = JSON.parse(response.body)
      t.strictSame(rest, { statusCode: status, code, error: response.startLine.replace(/^\S+ \d+ /, '') }, name)
      t.match(message, /"app"/, 'it names the app')
      t.notMatch(response.body, /127\.0\.0\.1|http:|ECONN|UND_|HPE_|\.ts|\n| at /, 'no address, no cause, no stack')
      t.match(valuesOf(response, 'content-type'), ['application/json; charset=utf-8'])
      t.equal(valuesOf(response, 'retry-after').length, status === 503 ? 1 : 0)
      t.equal(valuesOf(response, 'x-request-id').length, 1, 'it can be found in the log')
    }
  }
})

onEachServer('a failure of a HEAD has no body', async (t, listen) => {
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: 'http://127.0.0.1:1' }] })
  const response = await sendRawRequest(t, port, 'HEAD /app/')
  t.match([response.startLine, response.body], [/ 502 /, /^$/])
})

onEachServer('a connection outlives a failure', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream.origin }, { name: 'dead', upstreams: 'http://127.0.0.1:1' }] })
  const client = await connectRaw(t, port)
  client.write('POST /dead/ HTTP/1.1\r\nHost: gateway.test\r\nContent-Length: 3\r\n\r\nabc')
  await client.until(/GW_ERR_UPSTREAM_UNREACHABLE[^}]*\}/)
  client.write('GET /app/alive HTTP/1.1\r\nHost: gateway.test\r\n\r\n')
  t.strictSame(statusesOf(await client.until(/\/alive/)), [502, 200])
})

t.test('standalone, what no app owns is answered GW_ERR_NO_ROUTE', async t => {
  const upstream = await startRecorder(t)
  const { port } = await listenStandalone(t, { apps: [{ name: 'app', upstreams: upstream.origin }] })
  for (const [line, lines, body] of [['GET /', [], ''], ['POST /other?x', ['Content-Length: 3'], 'abc'], ['PROPFIND /apps', [], '']] as const) {
    const response = await sendRawRequest(t, port, line, lines, body)
    t.match(response.startLine, / 404 /, line)
    t.match(JSON.parse(response.body), { statusCode: 404, code: 'GW_ERR_NO_ROUTE', error: 'Not Found', message: /\w/ }, line)
  }
  t.equal(upstream.bytes(), '')
})

t.test('a standalone gateway responds to what is no request in the form of its errors', async t => {
  const { port } = await listenStandalone(t, { apps: [] })
  for (const [name, bytes, status] of [
    ['garbage', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['a head that is too large', `GET / HTTP/1.1\r\nHost: gateway.test\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['a target that is too large', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: gateway.test\r\n\r\n`, 431],
  ] as const) {
    const text = await sendBytes(t, port, Buffer.from(bytes, 'latin1'))
    t.strictSame(statusesOf(text), [status], name)
    t.match(JSON.parse(text.slice(text.indexOf('{'))), { statusCode: status, code: 'GW_ERR_BAD_REQUEST', error: /\w/, message: /\w/ }, name)
    t.match(text, /\r\nConnection: close\r\n/, name)
  }
})
