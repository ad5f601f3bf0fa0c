import { onEachServer } from '../helpers/gateways.ts'
import { bodyOf, readMessage, sendRawRequest, valuesOf } from '../helpers/raw-client.ts'
import { startCannedUpstream, startRecorder } from '../helpers/upstreams.ts'

// RFC 9110, 7.6.1: what belongs to one connection ends with it, and nothing else does because a client says so.

const ours = ['Host', 'Connection', 'X-Request-Id', 'X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Port', 'X-Forwarded-Host', 'X-Forwarded-Prefix']

const ending: { name: string, lines: string[] }[] = [
  { name: 'Keep-Alive', lines: ['Keep-Alive: timeout=5, max=10'] },
  // But for `trailers`: test/wire/trailers.test.ts.
  { name: 'TE', lines: ['TE: deflate;q=0.5'] },
  { name: 'Trailer', lines: ['Trailer: X-Sum'] },
  { name: 'Upgrade without Connection', lines: ['Upgrade: h2c'] },
  { name: 'Upgrade', lines: ['Connection: upgrade', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'] },
  { name: 'Proxy-Connection', lines: ['Proxy-Connection: keep-alive'] },
  { name: 'Proxy-Authorization', lines: ['Proxy-Authorization: Basic eDp5'] },
  { name: 'Proxy-Authenticate', lines: ['Proxy-Authenticate: Basic'] },
  { name: 'a header that Connection names', lines: ['Connection: X-Hop', 'X-Hop: 1'] },
  { name: 'a header named in another case', lines: ['Connection: x-hOP', 'X-Hop: 1'] },
  { name: 'a header that stands before Connection', lines: ['X-Hop: 1', 'Connection: X-Hop'] },
  { name: 'headers that a list names, with odd spaces', lines: ['Connection: ,X-Hop ,\tX-Hip,, keep-alive ', 'X-Hop: 1', 'X-Hip: 2'] },
  { name: 'headers that several lines name', lines: ['Connection: X-Hop', 'Connection: X-Hip', 'X-Hop: 1', 'X-Hip: 2', 'x-hop: 3'] },
]

onEachServer('a client\'s hop-by-hop headers end at the gateway', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream.origin }] })
  for (const { name, lines } of ending) {
    upstream.reset()
    const response = await sendRawRequest(t, port, 'GET /app/', lines)
    t.match(response.startLine, / 200 /, name)
    const others = readMessage(upstream.bytes()).fields.filter(
      ([name]) => !ours.some(own => own.toLowerCase() === name.toLowerCase())
    )
    t.strictSame(others, [], name)
  }
})

const staying = {
  authorization: 'Bearer abc',
  cookie: 'a=1; b=2',
  'content-type': 'text/plain',
  'x-forwarded-for': '127.0.0.1',
  'x-forwarded-proto': 'http',
  'x-forwarded-host': 'gateway.test',
  'x-forwarded-port': '80',
  'x-forwarded-prefix': '/app',
  'x-request-id': 'from-the-client',
  host: 'gateway.test',
  'content-length': '3',
  'content-encoding': 'identity',
  'if-none-match': '"x"',
  'cache-control': 'no-cache',
  origin: 'http://a.test',
  'sec-fetch-site': 'same-origin',
  'access-control-request-method': 'PUT',
  range: 'bytes=0-1',
}

onEachServer('a client cannot remove a header that others rely on by naming it in Connection', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream.origin }] })
  const given = ['authorization', 'cookie', 'content-type', 'x-request-id', 'content-length', 'content-encoding', 'if-none-match', 'cache-control', 'origin', 'sec-fetch-site', 'access-control-request-method', 'range']
  const lines = given.map(name => `${name}: ${staying[name as keyof typeof staying]}`)
  await sendRawRequest(t, port, 'POST /app/', [`Connection: ${Object.keys(staying).join(', ')}`, ...lines], 'abc')
  const message = readMessage(await upstream.until(/abc$/))
  for (const [name, value] of Object.entries(staying)) t.strictSame(valuesOf(message, name), [value], name)
})

onEachServer('a body stays framed when Connection names its framing', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream.origin }] })
  for (const [lines, body] of [
    [['Connection: content-length', 'Content-Length: 3'], 'abc'],
    [['Connection: transfer-encoding', 'Transfer-Encoding: chunked'], '3\r\nabc\r\n0\r\n\r\n'],
  ] as const) {
    upstream.reset()
    const response = await sendRawRequest(t, port, 'POST /app/x', lines, body)
    t.equal(bodyOf(response), '/x')
    t.equal(bodyOf(readMessage(upstream.bytes())), 'abc')
  }
})

onEachServer('an upstream\'s hop-by-hop headers end at the gateway', async (t, listen) => {
  const upstream = await startCannedUpstream(t, [
    'HTTP/1.1 200 OK', 'Connection: keep-alive, X-Hop', 'Connection: x-hip', 'Keep-Alive: timeout=17', 'X-Hop: 1', 'X-Hip: 2', 'X-Stays: 3', 'Proxy-Authenticate: Basic',
    'Proxy-Connection: close', 'Upgrade: h2c', 'Trailer: X-Sum', 'TE: trailers', 'Content-Type: text/plain', 'Transfer-Encoding: chunked', '', '2\r\nok\r\n0\r\n\r\n'
  ].join('\r\n'))
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream }] })
  const response = await sendRawRequest(t, port, 'GET /app/')
  t.equal(bodyOf(response), 'ok')
  const names = response.fields.map(([name]) => name.toLowerCase()).sort()
  t.strictSame(names, ['connection', 'content-type', 'date', 'transfer-encoding', 'x-request-id', 'x-stays'])
  t.strictSame(valuesOf(response, 'connection'), ['close'], 'it is the gateway\'s')
})

onEachServer('an upstream cannot remove its body\'s length or a cookie by naming it in Connection', async (t, listen) => {
  const upstream = await startCannedUpstream(t, [
    'HTTP/1.1 200 OK', 'Connection: content-length, set-cookie, content-type, location, cache-control, etag, vary, x-request-id, date', 'Date: Mon, 01 Jan 2024 00:00:00 GMT',
    'Content-Type: text/plain', 'Content-Length: 2', 'Set-Cookie: a=1', 'Set-Cookie: b=2', 'Location: /x', 'Cache-Control: no-store', 'ETag: "e"', 'Vary: Accept', 'X-Request-Id: theirs', '', 'ok'
  ].join('\r\n'))
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream }] })
  const response = await sendRawRequest(t, port, 'GET /app/')
  t.equal(response.body, 'ok')
  t.strictSame(valuesOf(response, 'content-length'), ['2'])
  t.strictSame(valuesOf(response, 'set-cookie'), ['a=1', 'b=2'])
  t.strictSame(valuesOf(response, 'date'), ['Mon, 01 Jan 2024 00:00:00 GMT'])
  for (const name of ['content-type', 'location', 'cache-control', 'etag', 'vary', 'x-request-id']) t.equal(valuesOf(response, name).length, 1, name)
})
