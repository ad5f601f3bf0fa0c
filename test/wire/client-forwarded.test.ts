import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { GatewayPluginOptions } from '../../index.ts'
import { listenGateway, onEachServer } from '../helpers/gateways.ts'
import { type Message, readMessage, sendRawRequest, valuesOf } from '../helpers/raw-client.ts'
import { type Recorder, startRecorder } from '../helpers/upstreams.ts'

// The gateway, and the proxies that it trusts, say to the app which client sent the request.

const spoofed = [
  'X-Forwarded-For: 6.6.6.6', 'x-forwarded-for: 7.7.7.7', 'X-Forwarded-Proto: https', 'X-Forwarded-Host: evil.test', 'X-Forwarded-Port: 1', 'X-Forwarded-Prefix: /evil', 'X-Forwarded-Server: evil',
  'X-Forwarded-Ssl: on', 'X-Forwarded-User: root', 'Forwarded: for=6.6.6.6;host=evil.test', 'X_Forwarded_For: 6.6.6.6', 'X-Forwarded_Host: evil.test', 'x_forwarded-proto: https', 'X_Request_Id: evil',
]

/** The headers about the client that an upstream saw, by lower-case name. */
function forwardingOf (message: Message): Record<string, string> {
  return Object.fromEntries(
    message.fields
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .filter(([name]) => /forwarded/.test(name))
  )
}

onEachServer('a stranger\'s claims about its client are discarded', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, { trustedProxies: ['10.0.0.0/8', '::1'], apps: [{ name: 'app', upstreams: upstream.origin }] })
  await sendRawRequest(t, port, 'GET /app/', spoofed)
  const message = readMessage(upstream.bytes())
  t.strictSame(forwardingOf(message), {
    'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http', 'x-forwarded-host': 'gateway.test', 'x-forwarded-port': '80', 'x-forwarded-prefix': '/app',
  })
  t.notMatch(upstream.bytes(), /evil|6\.6\.6|7\.7\.7|root/)
  t.equal(message.fields.filter(([name]) => /^x-forwarded-/i.test(name)).length, 5, 'each is there once')
})

const trusted: { name: string, lines: string[], seen: Record<string, string> }[] = [
  {
    name: 'nothing',
    lines: [],
    seen: { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http', 'x-forwarded-host': 'gateway.test', 'x-forwarded-port': '80', 'x-forwarded-prefix': '/app' },
  },
  {
    name: 'all of X-Forwarded',
    lines: ['X-Forwarded-For: 1.2.3.4, 10.0.0.1', 'X-Forwarded-Proto: https', 'X-Forwarded-Host: shop.test', 'X-Forwarded-Port: 8443', 'X-Forwarded-Prefix: /outer'],
    seen: { 'x-forwarded-for': '1.2.3.4, 10.0.0.1, 127.0.0.1', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'shop.test', 'x-forwarded-port': '8443', 'x-forwarded-prefix': '/outer/app' },
  },
  {
    name: 'several lines',
    lines: ['X-Forwarded-For: 1.2.3.4', 'x-forwarded-for: 10.0.0.1', 'X-Forwarded-Prefix: /outer/'],
    seen: { 'x-forwarded-for': '1.2.3.4, 10.0.0.1, 127.0.0.1', 'x-forwarded-proto': 'http', 'x-forwarded-host': 'gateway.test', 'x-forwarded-port': '80', 'x-forwarded-prefix': '/outer/app' },
  },
  {
    name: 'the protocol, without a port',
    lines: ['X-Forwarded-Proto: https'],
    seen: { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'gateway.test', 'x-forwarded-port': '443', 'x-forwarded-prefix': '/app' },
  },
  {
    name: 'a host with a port',
    lines: ['X-Forwarded-Host: shop.test:8080'],
    seen: { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http', 'x-forwarded-host': 'shop.test:8080', 'x-forwarded-port': '8080', 'x-forwarded-prefix': '/app' },
  },
  {
    name: 'Forwarded',
    lines: ['Forwarded: for=1.2.3.4;proto=https;host="shop.test:8443", for="[2001:db8::1]:47";proto=https;host=inner.test'],
    seen: {
      'x-forwarded-for': '1.2.3.4, 2001:db8::1, 127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'inner.test',
      'x-forwarded-port': '443',
      'x-forwarded-prefix': '/app',
      forwarded: 'for=1.2.3.4;proto=https;host="shop.test:8443", for="[2001:db8::1]:47";proto=https;host=inner.test, for=127.0.0.1;proto=http;host="gateway.test"',
    },
  },
]

onEachServer('a trusted proxy\'s claims are carried on, and it is appended', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, { trustedProxies: ['127.0.0.0/8'], apps: [{ name: 'app', upstreams: upstream.origin }] })
  for (const { name, lines, seen } of trusted) {
    upstream.reset()
    await sendRawRequest(t, port, 'GET /app/', lines)
    t.strictSame(forwardingOf(readMessage(upstream.bytes())), seen, name)
  }
})

onEachServer('underscores get nothing past a trusted proxy either', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, { trustedProxies: ['127.0.0.1'], apps: [{ name: 'app', upstreams: upstream.origin }] })
  await sendRawRequest(t, port, 'GET /app/', spoofed.filter(line => line.includes('_')))
  t.notMatch(upstream.bytes(), /evil|6\.6\.6|_/)
})

onEachServer('no forwarding header is sent where they are switched off, and a stranger\'s are discarded all the same', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, { apps: [{ name: 'app', addForwardedHost: false, upstreams: upstream.origin }] })
  await sendRawRequest(t, port, 'GET /app/', spoofed)
  t.strictSame(forwardingOf(readMessage(upstream.bytes())), {})
})

onEachServer('a trusted proxy\'s claims pass as they are where the gateway\'s own are switched off', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, { trustedProxies: ['127.0.0.1'], apps: [{ name: 'app', addForwardedHost: false, upstreams: upstream.origin }] })
  await sendRawRequest(t, port, 'GET /app/', ['X-Forwarded-For: 1.2.3.4', 'Forwarded: for=1.2.3.4'])
  t.strictSame(forwardingOf(readMessage(upstream.bytes())), { 'x-forwarded-for': '1.2.3.4', forwarded: 'for=1.2.3.4' })
})

onEachServer('X-Forwarded-Prefix is the prefix that the app\'s path has lost', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, { apps: [{ name: 'root', prefix: '', upstreams: upstream.origin }, { name: 'deep', prefix: '/a/b/', upstreams: upstream.origin }] })
  for (const [path, prefix] of [['/x', []], ['/a/b/x', ['/a/b']]] as const) {
    upstream.reset()
    await sendRawRequest(t, port, `GET ${path}`)
    t.strictSame(valuesOf(readMessage(upstream.bytes()), 'x-forwarded-prefix'), prefix, path)
  }
})

async function hostSeen (t: Parameters<typeof sendRawRequest>[0], upstream: Recorder, port: number): Promise<string[]> {
  upstream.reset()
  await sendRawRequest(t, port, 'GET /app/')
  const message = readMessage(upstream.bytes())
  t.strictSame(valuesOf(message, 'x-forwarded-host'), ['gateway.test'], 'the public host is sent in any case')
  return valuesOf(message, 'host')
}

onEachServer('the Host is the client\'s or the upstream\'s, as rewriteHost has it', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { host } = new URL(upstream.origin)
  for (const [rewriteHost, expected] of [[undefined, 'gateway.test'], ['auto', 'gateway.test'], [false, 'gateway.test'], [true, host]] as const) {
    const options: GatewayPluginOptions = { apps: [{ name: 'app', upstreams: upstream.origin, ...(rewriteHost !== undefined && { rewriteHost }) }] }
    const { port } = await listen(t, options)
    t.strictSame(await hostSeen(t, upstream, port), [expected], `rewriteHost: ${rewriteHost}`)
  }
})

onEachServer('a request id is made where there is none, sent to the app, and returned', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream.origin }] })
  const ids = new Set<string>()
  for (const lines of [[], ['X-Request-Id:'], []]) {
    upstream.reset()
    const response = await sendRawRequest(t, port, 'GET /app/', lines)
    const [id = ''] = valuesOf(response, 'x-request-id')
    t.match(id, /^\S{1,200}$/)
    const seen = valuesOf(readMessage(upstream.bytes()), 'x-request-id')
    if (lines.length === 0) t.strictSame(seen, [id])
    ids.add(id)
  }
  t.equal(ids.size, 3, 'each request has its own')
})

onEachServer('a client\'s request id is sent to the app and returned', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream.origin }] })
  const id = randomUUID()
  const response = await sendRawRequest(t, port, 'GET /app/', [`x-REQUEST-id: ${id}`])
  t.strictSame(valuesOf(response, 'x-request-id'), [id])
  t.strictSame(valuesOf(readMessage(upstream.bytes()), 'x-request-id'), [id])
})

onEachServer('an app sees one request id, the one that the client gets', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream.origin }] })
  for (const lines of [['X-Request-Id: a b'], ['X-Request-Id: caf\xe9'], [`X-Request-Id: ${'a'.repeat(201)}`], ['X-Request-Id:'], ['X-Request-Id: a', 'X-Request-Id: b']]) {
    upstream.reset()
    const response = await sendRawRequest(t, port, 'GET /app/', lines)
    t.strictSame(valuesOf(readMessage(upstream.bytes()), 'x-request-id'), valuesOf(response, 'x-request-id'), lines.join().slice(0, 60))
  }
})

t.test('the id that hooks.requestId makes is the one that is used', async t => {
  const upstream = await startRecorder(t)
  const { port } = await listenGateway(t, { apps: [{ name: 'app', upstreams: upstream.origin }], hooks: { requestId: request => `mine-${request.id}` } })
  const response = await sendRawRequest(t, port, 'GET /app/')
  t.match(valuesOf(response, 'x-request-id'), [/^mine-/])
  t.strictSame(valuesOf(readMessage(upstream.bytes()), 'x-request-id'), valuesOf(response, 'x-request-id'))
})
