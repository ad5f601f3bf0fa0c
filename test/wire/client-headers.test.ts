import { onEachServer } from '../helpers/gateways.ts'
import { readMessage, sendBytes, sendRawRequest, valuesOf } from '../helpers/raw-client.ts'
import { startCannedUpstream, startRecorder } from '../helpers/upstreams.ts'

// What a client and an upstream write in their headers arrives as they wrote it.

onEachServer('a client\'s headers arrive in their order, in their case, and as often as they came', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream.origin }] })
  const lines = [
    'zULU: 1', 'X-Multi: a', 'accept: text/html', 'X-MULTI: b', 'Accept-Encoding: gzip', 'cookie: a=1', 'Cookie: b=2', 'x-multi: a, c',
    'User-Agent: curl/8', 'user-agent: second', 'Referer: http://a/', 'If-None-Match: "a"', 'constructor: 1', '__proto__: 2', 'X_Under: 3', '!#$%&\'*+-.^_`|~: 4', '1: 5'
  ]
  await sendRawRequest(t, port, 'GET /app/', lines)
  const message = readMessage(upstream.bytes())
  const own = new Set(['host', 'connection', 'x-request-id'])
  const forwarded = message.fields.filter(([name]) => !own.has(name.toLowerCase()) && !name.startsWith('X-Forwarded-'))
  t.strictSame(forwarded.map(field => field.join(': ')), lines)
})

const values: { name: string, sent: string, seen?: string }[] = [
  { name: 'UTF-8', sent: 'caf\xc3\xa9 \xe2\x82\xac' },
  { name: 'latin1', sent: 'caf\xe9' },
  { name: 'every byte above 127', sent: Array.from({ length: 128 }, (_, i) => String.fromCharCode(128 + i)).join('x') },
  { name: 'inner spaces', sent: 'a  b   c' },
  { name: 'inner tabs', sent: 'a\tb\t\tc' },
  { name: 'no space before it', sent: 'a' },
  { name: 'white space around it', sent: ' \t a \t ', seen: 'a' },
  { name: 'nothing', sent: '' },
  { name: 'quotes, commas and semicolons', sent: 'a="b\\"c", d;e=, ,;' },
  { name: 'a colon', sent: ':a:' },
  { name: 'eight thousand bytes', sent: 'a'.repeat(8000) },
]

/** It is no part of a value (RFC 9110, 5.5), and may come or not. */
function withoutSpaceAround (value: string): string {
  return value.replace(/^[ \t]+|[ \t]+$/g, '')
}

onEachServer('a header\'s value arrives byte for byte, both ways', async (t, listen) => {
  for (const { name, sent, seen = sent } of values) {
    const head = `HTTP/1.1 200 OK\r\nX-Value:${sent}\r\nContent-Length: 0\r\n\r\n`
    const recorder = await startRecorder(t, (request, response) => response.socket!.end(head, 'latin1'))
    const { port } = await listen(t, { apps: [{ name: 'app', upstreams: recorder.origin }] })
    const received = await sendRawRequest(t, port, 'GET /app/', [`X-Value:${sent}`])
    t.strictSame(valuesOf(readMessage(recorder.bytes()), 'x-value'), [seen], `${name}, to the upstream`)
    t.strictSame(valuesOf(received, 'x-value').map(withoutSpaceAround), [seen], `${name}, to the client`)
  }
})

onEachServer('an upstream\'s repeated headers stay separate and in their order', async (t, listen) => {
  const upstream = await startCannedUpstream(t, [
    'HTTP/1.1 200 OK', 'Set-Cookie: a=1; Path=/', 'X-Multi: 1', 'Set-Cookie: b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT', 'Vary: Accept', 'set-cookie: a=3', 'X-Multi: 2, 3',
    'Vary: Origin', 'X-MULTI: 1', 'WWW-Authenticate: Basic', 'WWW-Authenticate: Bearer', 'Link: </a>; rel=x', 'Link: </b>; rel=y', 'Content-Length: 0', '', ''
  ].join('\r\n'))
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream }] })
  const response = await sendRawRequest(t, port, 'GET /app/')
  t.strictSame(valuesOf(response, 'set-cookie'), ['a=1; Path=/', 'b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT', 'a=3'])
  t.strictSame(valuesOf(response, 'x-multi'), ['1', '2, 3', '1'])
  t.strictSame(valuesOf(response, 'vary'), ['Accept', 'Origin'])
  t.strictSame(valuesOf(response, 'www-authenticate'), ['Basic', 'Bearer'])
  t.strictSame(valuesOf(response, 'link'), ['</a>; rel=x', '</b>; rel=y'])
})

onEachServer('an upstream\'s headers come with nothing added but a request id, and nothing changed', async (t, listen) => {
  const fields = ['Date: Mon, 01 Jan 2024 00:00:00 GMT', 'Server: old/1', 'Content-Type: application/json', 'Content-Length: 2', 'constructor: 1', 'toString: 2', 'X-Empty: ', 'Cache-Control: public']
  const upstream = await startCannedUpstream(t, ['HTTP/1.1 203 An odd reason', ...fields, '', '{}'].join('\r\n'))
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream }] })
  const response = await sendRawRequest(t, port, 'GET /app/')
  t.match(response.startLine, /^HTTP\/1\.1 203 /)
  const got = response.fields.map(([name, value]) => `${name.toLowerCase()}: ${value}`)
  const sent = fields.map(field => field.replace(/^[^:]*/, name => name.toLowerCase()))
  t.strictSame(got.filter(field => !/^(?:x-request-id|connection): /.test(field)), sent)
})

onEachServer('a response without a content type gets none', async (t, listen) => {
  const upstream = await startCannedUpstream(t, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream }] })
  const response = await sendRawRequest(t, port, 'GET /app/')
  t.strictSame(valuesOf(response, 'content-type'), [])
  t.equal(response.body, 'ok')
})

onEachServer('a method arrives as it is', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, { trace: true, apps: [{ name: 'app', upstreams: upstream.origin }] })
  const methods = [
    'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'PROPPATCH', 'MKCOL', 'COPY', 'MOVE', 'LOCK', 'UNLOCK', 'REPORT', 'MKCALENDAR', 'SEARCH', 'QUERY', 'M-SEARCH',
    'NOTIFY', 'SUBSCRIBE', 'UNSUBSCRIBE', 'PURGE', 'LINK', 'UNLINK', 'BIND', 'REBIND', 'UNBIND', 'ACL', 'MERGE', 'CHECKOUT', 'MKACTIVITY', 'SOURCE'
  ]
  for (const method of methods) {
    for (const lines of [[], ['Content-Type: text/x-query']]) {
      upstream.reset()
      const response = await sendRawRequest(t, port, `${method} /app/m`, lines)
      if (!t.match([response.startLine, response.body], [/ 200 /, '/m'], `${method} ${lines.join()}`)) continue
      t.equal(readMessage(upstream.bytes()).startLine, `${method} /m HTTP/1.1`)
    }
  }
})

onEachServer('CONNECT is no way through', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, { apps: [{ name: 'app', prefix: '', upstreams: upstream.origin }] })
  const target = new URL(upstream.origin).host
  t.notMatch(await sendBytes(t, port, `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\nGET /x HTTP/1.1\r\nHost: x\r\n\r\n`), /^HTTP\/1\.1 2/)
  t.equal(upstream.bytes(), '')
})
