import { gzipSync } from 'node:zlib'
import t from 'tap'
import { startGateway } from '../helpers/gateways.ts'
import { sendRequest, stillServes, valuesOf } from '../helpers/http1-client.ts'
import { connectRaw } from '../helpers/raw-client.ts'
import { pour, startCannedUpstream, startLyingUpstream, startUpstream } from '../helpers/upstreams.ts'
import { defer, soon } from '../helpers/waiting.ts'

const LONG = 'x'.repeat(200_000)

const whole = [
  { name: 'a content-length', response: 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nbody', body: 'body' },
  { name: 'a long content-length', response: `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${LONG.length}\r\n\r\n${LONG}`, body: LONG },
  { name: 'chunks', response: 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n', body: 'body' },
  { name: 'chunks with extensions and trailers', response: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;a=b\r\nbody\r\n0\r\nX-Sum: 1\r\n\r\n', body: 'body' },
  { name: 'chunks of none', response: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', body: '' },
  { name: 'the connection\'s end', response: 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nbody', end: true, body: 'body' },
  { name: 'the connection\'s end, announced', response: `HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${LONG}`, end: true, body: LONG },
  { name: 'the connection\'s end at once', response: 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n', end: true, body: '' },
  { name: 'HTTP/1.0 and a content-length', response: 'HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nbody', end: true, body: 'body' },
  { name: 'HTTP/1.0 and the connection\'s end', response: `HTTP/1.0 200 OK\r\n\r\n${LONG}`, end: true, body: LONG },
  { name: 'HTTP/1.0 kept alive', response: 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 4\r\n\r\nbody', body: 'body' },
  { name: 'a content-length of 0', response: 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n', body: '' },
]

t.test('a body arrives whole, however it is framed', async t => {
  for (const { name, response, body, end = false } of whole) {
    const upstream = await startCannedUpstream(t, response, { end })
    const { port } = await startGateway(t, upstream)
    const reply = await soon(sendRequest(port, '/app/'), name)
    t.strictSame([reply.statusCode, reply.isComplete, reply.body.toString() === body], [200, true, true], name)
  }
})

t.test('an upstream of HTTP/1.0 responds to one request after another', async t => {
  const upstream = await startLyingUpstream(t, socket => socket.end('HTTP/1.0 200 OK\r\n\r\nold'))
  const { port } = await startGateway(t, upstream)
  for (let i = 0; i < 10; i++) t.equal((await sendRequest(port, '/app/lie')).body.toString(), 'old')
})

t.test('a head that comes byte by byte is one head', async t => {
  const response = 'HTTP/1.1 200 OK\r\nX-Slow: yes\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nbody'
  const upstream = await startLyingUpstream(t, async socket => {
    socket.setNoDelay()
    for (const byte of response) await new Promise(resolve => { socket.write(byte, resolve) })
  })
  const { port } = await startGateway(t, upstream)
  const reply = await soon(sendRequest(port, '/app/lie'), 'the response')
  t.strictSame([reply.headers['x-slow'], reply.body.toString()], ['yes', 'body'])
})

t.test('a response to HEAD keeps its content-length, and has no body', async t => {
  const upstream = await startUpstream(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 12345, etag: '"a"' }).end()
  })
  const { port } = await startGateway(t, upstream)
  for (let i = 0; i < 3; i++) {
    const reply = await soon(sendRequest(port, '/app/', { method: 'HEAD' }), 'the response')
    t.strictSame([reply.statusCode, reply.headers['content-length'], reply.headers.etag, reply.body.length], [200, '12345', '"a"', 0])
  }
})

t.test('a response to HEAD that would be chunked ends with its head', async t => {
  const upstream = await startLyingUpstream(t, socket => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'))
  const { port } = await startGateway(t, upstream)
  const reply = await soon(sendRequest(port, '/app/lie', { method: 'HEAD' }), 'the response')
  t.strictSame([reply.statusCode, reply.body.length, reply.headers['content-length']], [200, 0, undefined])
  await stillServes(t, port)
})

const bodiless = [
  { name: '204', response: 'HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n', status: 204, length: undefined },
  { name: '204 with a content-length, which it may not have', response: 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nX-A: 1\r\n\r\n', status: 204, length: undefined },
  { name: '205', response: 'HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\nX-A: 1\r\n\r\n', status: 205, length: '0' },
  { name: '304', response: 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nX-A: 1\r\n\r\n', status: 304, length: undefined },
  { name: '304 with the length of what was not modified', response: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: "a"\r\nX-A: 1\r\n\r\n', status: 304, length: '5' },
]

t.test('a response without content goes through with its headers', async t => {
  for (const { name, response, status, length } of bodiless) {
    const upstream = await startLyingUpstream(t, socket => socket.write(response))
    const { port } = await startGateway(t, upstream)
    const reply = await soon(sendRequest(port, '/app/lie'), name)
    t.strictSame(
      [reply.statusCode, reply.headers['content-length'], reply.headers['x-a'], reply.headers.etag, reply.body.length, reply.isComplete],
      [status, length, '1', status === 304 ? '"a"' : undefined, 0, true], name
    )
    t.equal(reply.headers['transfer-encoding'], undefined, 'without a transfer-encoding')
    await stillServes(t, port)
  }
})

t.test('a 205 that has a body all the same costs bounded memory, and ends with its client', async t => {
  const closed = defer()
  const upstream = await startLyingUpstream(t, socket => {
    socket.once('close', () => closed.resolve())
    socket.write('HTTP/1.1 205 Reset Content\r\nTransfer-Encoding: chunked\r\n\r\n')
    pour(socket, `4000\r\n${'x'.repeat(0x4000)}\r\n`)
  })
  const { port } = await startGateway(t, upstream)
  const client = await connectRaw(t, port)
  client.socket.once('data', () => client.socket.destroy())
  client.write('GET /app/lie HTTP/1.1\r\nHost: a\r\n\r\n')
  t.match(await soon(client.closed(), 'the response'), /^HTTP\/1\.1 205 /)
  await soon(closed.promise, 'the end of the upstream\'s connection')
  await stillServes(t, port)
})

const statuses = [
  200, 201, 202, 203, 206, 207, 226, 300, 301, 302, 303, 307, 308, 400, 401, 402, 404, 413, 418, 421, 429, 451, 499,
  500, 501, 502, 503, 504, 511, 520, 599,
]

t.test('every final status goes through', async t => {
  const requested: string[] = []
  const upstream = await startUpstream(t, (request, response) => {
    requested.push(request.url!)
    const status = Number(request.url!.slice(1))
    response.writeHead(status, { 'content-type': 'text/plain' }).end(`I am ${status}`)
  })
  const { port } = await startGateway(t, upstream)
  for (const status of statuses) {
    const reply = await sendRequest(port, `/app/${status}`)
    t.strictSame([reply.statusCode, reply.body.toString()], [status, `I am ${status}`], String(status))
  }
  t.strictSame(requested, statuses.map(status => `/${status}`), 'and each request is sent once')
})

const reasons = [
  { name: 'usual', line: '200 OK', reason: 'OK' },
  { name: 'one of its own', line: '200 Fine, thanks', reason: 'Fine, thanks' },
  { name: 'of an unknown status', line: '299 Whatever', reason: 'Whatever' },
]

t.test('a status goes through with its reason', async t => {
  for (const { name, line, reason } of reasons) {
    const upstream = await startCannedUpstream(t, `HTTP/1.1 ${line}\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok`)
    const { port } = await startGateway(t, upstream)
    const reply = await sendRequest(port, '/app/')
    t.strictSame([reply.statusCode, reply.statusMessage, reply.body.toString()], [Number.parseInt(line), reason, 'ok'], name)
  }
})

t.test('a reason that is odd does not keep a response from its client', async t => {
  for (const line of ['200', '200 ', '200 \xe9\xff', `200 ${'long '.repeat(1000)}`, '200 \t x']) {
    const response = Buffer.from(`HTTP/1.1 ${line}\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok`, 'latin1')
    const upstream = await startCannedUpstream(t, response)
    const { port } = await startGateway(t, upstream)
    const reply = await soon(sendRequest(port, '/app/'), line)
    t.strictSame([reply.statusCode, reply.body.toString()], [200, 'ok'], JSON.stringify(line.slice(0, 20)))
  }
})

t.test('interim responses are passed over until they are forwarded', async t => {
  const interim = [
    { name: '102', lines: 'HTTP/1.1 102 Processing\r\n\r\n' },
    { name: '103', lines: 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n' },
    { name: 'many', lines: 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n'.repeat(20) },
    { name: 'one that is not known', lines: 'HTTP/1.1 199 Odd\r\nContent-Length: 7\r\n\r\n' },
  ]
  for (const { name, lines } of interim) {
    const upstream = await startLyingUpstream(t, socket => socket.write(`${lines}HTTP/1.1 201 Created\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nmade`))
    const { port } = await startGateway(t, upstream)
    const reply = await soon(sendRequest(port, '/app/lie'), name)
    t.strictSame([reply.statusCode, reply.headers.link, reply.body.toString()], [201, undefined, 'made'], name)
    await stillServes(t, port)
  }
})

t.test('a response without a content-type gets none', async t => {
  const rows = [
    { name: 'small', response: 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody' },
    { name: 'empty', response: 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n' },
    { name: 'chunked', response: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n' },
    { name: 'an error', response: 'HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\nbody' },
  ]
  for (const { name, response } of rows) {
    const upstream = await startCannedUpstream(t, response)
    const { port } = await startGateway(t, upstream)
    t.equal((await sendRequest(port, '/app/')).headers['content-type'], undefined, name)
  }
})

t.test('a content-type stays as it was written', async t => {
  for (const type of ['text/plain', 'TEXT/Plain; Charset="x y"', 'application/json', 'odd', 'text/html;charset=latin1']) {
    const upstream = await startCannedUpstream(t, `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: 2\r\n\r\n{}`)
    const { port } = await startGateway(t, upstream)
    t.equal((await sendRequest(port, '/app/')).headers['content-type'], type, type)
  }
})

t.test('a compressed response is not touched', async t => {
  const zipped = gzipSync('a'.repeat(1000))
  for (const length of [{ 'content-length': zipped.length }, {}]) {
    const upstream = await startUpstream(t, (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip', vary: 'accept-encoding', ...length }).end(zipped)
    })
    const { port } = await startGateway(t, upstream)
    const reply = await sendRequest(port, '/app/', { headers: { 'accept-encoding': 'gzip' } })
    t.strictSame([reply.headers['content-encoding'], reply.headers.vary], ['gzip', 'accept-encoding'])
    t.ok(reply.body.equals(zipped), 'its bytes are the upstream\'s')
  }
})

t.test('repeated headers and every set-cookie stay apart, in their order', async t => {
  const names = ['Set-Cookie: a=1; Path=/', 'Link: <1>', 'set-cookie: b=2', 'Warning: 1', 'Link: <2>', 'SET-COOKIE: a=3', 'Vary: x', 'Warning: 2', 'Vary: y', 'WWW-Authenticate: Basic', 'WWW-Authenticate: Bearer, x="1"']
  for (const body of ['Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nok', 'Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n']) {
    const upstream = await startCannedUpstream(t, `HTTP/1.1 200 OK\r\n${names.join('\r\n')}\r\n${body}`)
    const { port } = await startGateway(t, upstream)
    const reply = await sendRequest(port, '/app/')
    t.strictSame(valuesOf(reply, 'set-cookie'), ['a=1; Path=/', 'b=2', 'a=3'])
    t.strictSame(valuesOf(reply, 'link'), ['<1>', '<2>'])
    t.strictSame(valuesOf(reply, 'warning'), ['1', '2'])
    t.strictSame(valuesOf(reply, 'vary'), ['x', 'y'])
    t.strictSame(valuesOf(reply, 'www-authenticate'), ['Basic', 'Bearer, x="1"'])
  }
})

t.test('odd header names and values go through as bytes', async t => {
  const upstream = await startCannedUpstream(t, Buffer.from('HTTP/1.1 200 OK\r\nX-Latin: \xe9\xff\r\nconstructor: a\r\nX-Empty:\r\n!#$%&\'*+-.^_`|~: tokens\r\nhasOwnProperty: b\r\n__proto__: c\r\nContent-Length: 2\r\n\r\nok', 'latin1'))
  const { port } = await startGateway(t, upstream)
  const reply = await soon(sendRequest(port, '/app/'), 'the response')
  t.equal(reply.statusCode, 200)
  t.strictSame(['x-latin', 'constructor', 'x-empty', '!#$%&\'*+-.^_`|~', 'hasownproperty'].map(name => valuesOf(reply, name)[0]), ['\xe9\xff', 'a', '', 'tokens', 'b'])
})
