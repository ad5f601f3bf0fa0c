import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import http, { type IncomingMessage } from 'node:http'
import { gzipSync } from 'node:zlib'
import { onEachServer } from '../helpers/gateways.ts'
import { bodyOf, connectRaw, readMessage, sendRawRequest, valuesOf } from '../helpers/raw-client.ts'
import { startRecorder } from '../helpers/upstreams.ts'

// Nothing is parsed: a body arrives as the bytes that it is.

const latin1 = (bytes: Buffer) => bytes.toString('latin1')

const bodies: { name: string, type?: string, body: string }[] = [
  { name: 'JSON with a number beyond doubles', type: 'application/json', body: '{"id":12345678901234567890,"x":1.0,"y":1e400}' },
  { name: 'JSON with duplicate keys', type: 'application/json', body: '{"a":1,"a":2,"__proto__":{"b":1}}' },
  { name: 'JSON with odd white space', type: 'application/json; charset=utf-8', body: ' {\t"a" :\r\n1 } \n' },
  { name: 'broken JSON', type: 'application/json', body: '{"a":' },
  { name: 'JSON that is no UTF-8', type: 'application/json', body: '"\xff\xfe"' },
  { name: 'text with parameters', type: 'text/plain; charset="x;y"; a=b', body: 'a' },
  { name: 'a form', type: 'application/x-www-form-urlencoded', body: 'a=%zz&b=+&&c' },
  { name: 'multipart', type: 'multipart/form-data; boundary=x', body: '--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n\x00\x01\r\n--x--\r\n' },
  { name: 'broken multipart', type: 'multipart/form-data', body: '--x' },
  { name: 'gzip', type: 'application/gzip', body: latin1(gzipSync('hello')) },
  { name: 'every byte', type: 'application/octet-stream', body: latin1(Buffer.from(Array.from({ length: 256 }, (_, i) => i))) },
  { name: 'what looks like a request', type: 'text/plain', body: 'GET /app/smuggled HTTP/1.1\r\nHost: a\r\n\r\n' },
  { name: 'a type without a subtype', type: 'foo', body: 'a' },
  { name: 'a type that is none', type: ';;=//', body: 'a' },
  { name: 'an empty type', type: '', body: 'a' },
  { name: 'a type with bytes above 127', type: 'text/\xe9', body: 'a' },
  { name: 'no type', body: 'a' },
  { name: 'a type and no body', type: 'application/json', body: '' },
  { name: 'a type that is none, and no body', type: 'foo', body: '' },
  { name: 'as much as goes in one piece', type: 'text/plain', body: 'x'.repeat(65536) },
  { name: 'a byte more than goes in one piece', type: 'text/plain', body: 'x'.repeat(65537) },
]

const methods = ['POST', 'PUT', 'PATCH', 'DELETE', 'GET', 'OPTIONS', 'QUERY', 'PROPFIND', 'REPORT', 'TRACE']

/** An upstream that has read the whole request and sends its body back, with its type. */
const mirror = async (request: IncomingMessage, response: http.ServerResponse): Promise<void> => {
  const chunks: Buffer[] = await request.toArray()
  const type = request.rawHeaders[request.rawHeaders.findIndex(name => name.toLowerCase() === 'content-type') + 1]
  response.writeHead(200, { 'Content-Type': Buffer.from(type ?? '', 'latin1').toString('latin1') })
  response.end(Buffer.concat(chunks))
}

function typeLines (type: string | undefined): string[] {
  return type === undefined ? [] : [`Content-Type: ${type}`]
}

onEachServer('a body with its length arrives byte for byte, whatever its type and its method', async (t, listen) => {
  const upstream = await startRecorder(t, mirror)
  const { port } = await listen(t, { trace: true, apps: [{ name: 'app', upstreams: upstream.origin }] })
  for (const method of methods) {
    for (const { name, type, body } of bodies) {
      upstream.reset()
      const response = await sendRawRequest(t, port, `${method} /app/b`, [`Content-Length: ${body.length}`, ...typeLines(type)], body)
      if (!t.match(response.startLine, / 200 /, `${method}: ${name}`)) continue
      const received = readMessage(upstream.bytes())
      t.ok(received.body === body, `${method}: ${name}, the same bytes`)
      t.strictSame(valuesOf(received, 'content-length'), lengthOf(method, body), `${method}: ${name}, the same length`)
      t.strictSame(valuesOf(received, 'content-type'), type === undefined ? [] : [type], `${method}: ${name}, the same type`)
      t.ok(bodyOf(response) === body, `${method}: ${name}, and back`)
    }
  }
})

/** A length of 0 says nothing where no content is expected (RFC 9110, 8.6), and undici leaves it out there. */
function lengthOf (method: string, body: string): string[] {
  return body === '' && !['POST', 'PUT', 'PATCH', 'QUERY', 'PROPFIND'].includes(method) ? [] : [`${body.length}`]
}

onEachServer('a chunked body arrives byte for byte, whatever its type and its method', async (t, listen) => {
  const upstream = await startRecorder(t, mirror)
  const { port } = await listen(t, { trace: true, apps: [{ name: 'app', upstreams: upstream.origin }] })
  for (const method of methods) {
    for (const { name, type, body } of bodies) {
      upstream.reset()
      const half = Math.ceil(body.length / 2)
      const response = await sendRawRequest(t, port, `${method} /app/b`, ['Transfer-Encoding: chunked', ...typeLines(type)], inChunks(body.slice(0, half), body.slice(half)))
      if (!t.match(response.startLine, / 200 /, `${method}: ${name}`)) continue
      const received = readMessage(upstream.bytes())
      t.ok(bodyOf(received) === body, `${method}: ${name}, the same bytes`)
      t.strictSame(valuesOf(received, 'content-type'), type === undefined ? [] : [type], `${method}: ${name}, the same type`)
      t.ok(bodyOf(response) === body, `${method}: ${name}, and back`)
    }
  }
})

function inChunks (...parts: string[]): string {
  return parts.filter(part => part !== '').map(part => `${part.length.toString(16)}\r\n${part}\r\n`).join('') + '0\r\n\r\n'
}

onEachServer('harmless oddities of a chunked body are accepted, and not passed on', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, { trace: true, apps: [{ name: 'app', upstreams: upstream.origin }] })
  for (const [name, coding, body] of [
    ['an extension', 'chunked', '3;a=b;c="d"\r\nabc\r\n0;e\r\n\r\n'],
    ['leading zeros', 'chunked', '0003\r\nabc\r\n0000\r\n\r\n'],
    ['a trailer that has no business there', 'chunked', '3\r\nabc\r\n0\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n'],
    ['capitals', 'CHUNKED', '3\r\nabc\r\n0\r\n\r\n'],
    ['a tab before the coding', '\tchunked', '3\r\nabc\r\n0\r\n\r\n'],
    ['many small chunks', 'chunked', '1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n'],
  ] as const) {
    upstream.reset()
    const response = await sendRawRequest(t, port, 'POST /app/b', [`Transfer-Encoding:${coding}`], body)
    t.match(response.startLine, / 200 /, name)
    const received = readMessage(upstream.bytes())
    t.equal(bodyOf(received), 'abc', name)
    t.notMatch(received.body, /[;=]|X-|6\.6/, name)
  }
})

onEachServer('a request without a body has none upstream, and no framing of one', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, { trace: true, apps: [{ name: 'app', upstreams: upstream.origin }] })
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'DELETE', 'TRACE', 'PROPFIND']) {
    for (const lines of [[], ['Content-Type: application/json'], ['Content-Type: foo']]) {
      upstream.reset()
      const response = await sendRawRequest(t, port, `${method} /app/b`, lines)
      if (!t.match(response.startLine, / 200 /, `${method} ${lines.join()}`)) continue
      const received = readMessage(upstream.bytes())
      t.equal(received.body, '', `${method} ${lines.join()}`)
      t.strictSame([...valuesOf(received, 'transfer-encoding'), ...valuesOf(received, 'content-length')].filter(value => value !== '0'), [], `${method} ${lines.join()}`)
    }
  }
})

onEachServer('a body that comes in pieces goes on in pieces', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, { trace: true, apps: [{ name: 'app', upstreams: upstream.origin }] })
  const client = await connectRaw(t, port)
  client.write('POST /app/b HTTP/1.1\r\nHost: gateway.test\r\nContent-Length: 9\r\n\r\nabc')
  await upstream.until(/\r\n\r\nabc$/)
  client.write('def')
  await upstream.until(/abcdef$/)
  t.equal(client.received(), '', 'there is no response yet')
  client.write('ghi')
  await upstream.until(/abcdefghi$/)
  t.match(await client.until(/\/b/), /^HTTP\/1\.1 200 /)
})

const EIGHT_MEGABYTES = 8 * 1024 * 1024

onEachServer('eight megabytes go both ways', async (t, listen) => {
  const upstream = await startRecorder(t, (request, response) => {
    const hash = createHash('sha256')
    const length = request.headers['content-length']
    response.writeHead(200, { 'Content-Type': 'application/octet-stream', ...(length !== undefined && { 'Content-Length': length }) })
    request.on('data', chunk => hash.update(chunk)).pipe(response)
    request.on('end', () => hashes.push(hash.digest('hex')))
  })
  const hashes: string[] = []
  const { port } = await listen(t, { trace: true, apps: [{ name: 'app', upstreams: upstream.origin }] })
  const bytes = randomBytes(EIGHT_MEGABYTES)
  const expected = createHash('sha256').update(bytes).digest('hex')
  for (const isChunked of [false, true]) {
    const headers = isChunked ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': bytes.length }
    const request = http.request({ port, path: '/app/', method: 'PUT', headers, agent: false })
    request.end(bytes)
    const [response] = await once(request, 'response') as [IncomingMessage]
    const hash = createHash('sha256')
    for await (const chunk of response) hash.update(chunk)
    t.equal(hash.digest('hex'), expected, `to the client, ${isChunked ? 'chunked' : 'with its length'}`)
    t.equal(response.headers['content-length'], isChunked ? undefined : `${bytes.length}`)
  }
  t.strictSame(hashes, [expected, expected], 'to the upstream')
})
