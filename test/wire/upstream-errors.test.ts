import { once } from 'node:events'
import net from 'node:net'
import t from 'tap'
import { listenStandalone, startGateway } from '../helpers/gateways.ts'
import { isGatewayError, sendRequest, stillServes, valuesOf } from '../helpers/http1-client.ts'
import { portOf } from '../helpers/servers.ts'
import { startLyingUpstream, startRawUpstream, startUpstream } from '../helpers/upstreams.ts'
import { soon } from '../helpers/waiting.ts'

const notHttp = [
  { name: 'no HTTP at all', response: '220 mail.example.com ESMTP\r\n' },
  { name: 'bytes', response: Buffer.from([0x16, 0x03, 0x01, 0x00, 0xff, 0x00, 0x0a]) },
  { name: 'a line end', response: '\n\n\n\nnothing\n\n' },
  { name: 'a request', response: 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' },
  { name: 'HTTP/0.9', response: '<html>hello</html>' },
  { name: 'HTTP/3.0', response: 'HTTP/3.0 200 OK\r\nContent-Length: 2\r\n\r\nok' },
  { name: 'a status of two digits', response: 'HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok' },
  { name: 'a status of four digits', response: 'HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nok' },
  { name: 'a status of letters', response: 'HTTP/1.1 abc OK\r\nContent-Length: 2\r\n\r\nok' },
  { name: 'status 0', response: 'HTTP/1.1 000 OK\r\nContent-Length: 2\r\n\r\nok' },
  { name: 'status 99', response: 'HTTP/1.1 099 OK\r\nContent-Length: 2\r\n\r\nok' },
  { name: 'status 600', response: 'HTTP/1.1 600 OK\r\nContent-Length: 2\r\n\r\nok' },
  { name: 'status 999', response: 'HTTP/1.1 999 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok' },
  { name: 'two lengths', response: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!' },
  { name: 'the same length twice', response: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok' },
  { name: 'a length that is no number', response: 'HTTP/1.1 200 OK\r\nContent-Length: 2x\r\n\r\nok' },
  { name: 'a negative length', response: 'HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok' },
  { name: 'a length beyond 64 bits', response: 'HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nok' },
  { name: 'a length beside chunks', response: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n' },
  { name: 'chunks beside a length', response: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n' },
  { name: 'a space before a colon', response: 'HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok' },
  { name: 'a header without a colon', response: 'HTTP/1.1 200 OK\r\nContent-Length 2\r\n\r\nok' },
  { name: 'a header without a name', response: 'HTTP/1.1 200 OK\r\n: a\r\nContent-Length: 2\r\n\r\nok' },
  { name: 'a folded header', response: 'HTTP/1.1 200 OK\r\nX-A: a\r\n b\r\nContent-Length: 2\r\n\r\nok' },
  { name: 'a zero byte in a header', response: 'HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 2\r\n\r\nok' },
  { name: 'a bare carriage return in a header', response: 'HTTP/1.1 200 OK\r\nX-A: a\rX-B: b\r\nContent-Length: 2\r\n\r\nok' },
  { name: 'a control character in a header', response: 'HTTP/1.1 200 OK\r\nX-A: a\x01b\r\nContent-Length: 2\r\n\r\nok' },
  { name: 'a delete in a header', response: 'HTTP/1.1 200 OK\r\nX-A: a\x7fb\r\nContent-Length: 2\r\n\r\nok' },
  { name: 'a switch of protocols without a request for it', response: 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n' },
  { name: 'a switch of protocols to nothing', response: 'HTTP/1.1 101 Switching Protocols\r\n\r\n' },
  { name: 'a header of more than 16 KB', response: `HTTP/1.1 200 OK\r\nX-Large: ${'x'.repeat(17_000)}\r\nContent-Length: 2\r\n\r\nok` },
  { name: 'headers of more than 16 KB together', response: `HTTP/1.1 200 OK\r\n${'X-Many: 0123456789\r\n'.repeat(1500)}Content-Length: 2\r\n\r\nok` },
]

t.test('what is not HTTP is answered 502, and costs only its own connection', async t => {
  for (const { name, response } of notHttp) {
    const upstream = await startLyingUpstream(t, socket => socket.write(response))
    const { port } = await startGateway(t, upstream, { timeouts: { headers: 3000, body: 3000 } })
    isGatewayError(t, await soon(sendRequest(port, '/app/lie'), name), 502, 'GW_ERR_BAD_UPSTREAM_RESPONSE', name)
    await stillServes(t, port)
  }
})

t.test('headers of less than 16 KB go through', async t => {
  const large = 'x'.repeat(15_000)
  const upstream = await startLyingUpstream(t, socket => socket.write(`HTTP/1.1 200 OK\r\nX-Large: ${large}\r\nContent-Length: 2\r\n\r\nok`))
  const { port } = await startGateway(t, upstream)
  const reply = await sendRequest(port, '/app/lie')
  t.strictSame([reply.statusCode, reply.headers['x-large'], reply.body.toString()], [200, large, 'ok'])
})

t.test('hundreds of small headers go through, each of them', async t => {
  const lines = Array.from({ length: 500 }, (_, index) => `X-Many: ${index}\r\n`)
  const upstream = await startLyingUpstream(t, socket => socket.write(`HTTP/1.1 200 OK\r\n${lines.join('')}Content-Length: 2\r\n\r\nok`))
  const { port } = await startGateway(t, upstream)
  t.strictSame(valuesOf(await sendRequest(port, '/app/lie'), 'x-many'), lines.map((_line, index) => String(index)))
})

const unreachable: { name: string, lie: (socket: net.Socket) => void }[] = [
  { name: 'a reset before the head', lie: socket => socket.resetAndDestroy() },
  { name: 'an end before the head', lie: socket => socket.end() },
  { name: 'a reset within the head', lie: socket => socket.write('HTTP/1.1 200 OK\r\nContent-', () => socket.resetAndDestroy()) },
  { name: 'an end within the head', lie: socket => socket.end('HTTP/1.1 200 OK\r\nContent-') },
  { name: 'an end within the status line', lie: socket => socket.end('HTTP/1.1 2') },
  { name: 'an end after an interim response', lie: socket => socket.end('HTTP/1.1 103 Early Hints\r\n\r\n') },
]

t.test('a connection that breaks before there is a response is answered 502', async t => {
  for (const { name, lie } of unreachable) {
    const upstream = await startLyingUpstream(t, lie)
    const { port } = await startGateway(t, upstream)
    isGatewayError(t, await soon(sendRequest(port, '/app/lie'), name), 502, 'GW_ERR_UPSTREAM_UNREACHABLE', name)
    await stillServes(t, port)
  }
})

t.test('a connection that breaks is followed by another attempt only for what may be repeated', async t => {
  let requests = 0
  const upstream = await startRawUpstream(t, socket => socket.once('data', () => {
    requests++
    socket.destroy()
  }))
  const { port } = await startGateway(t, upstream)
  for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
    requests = 0
    const reply = await sendRequest(port, '/app/', { method, headers: method === 'GET' ? {} : { 'content-length': 2 }, body: method === 'GET' ? undefined : 'ab' })
    isGatewayError(t, reply, 502, 'GW_ERR_UPSTREAM_UNREACHABLE', method)
    t.equal(requests, method === 'GET' ? 2 : 1, method)
  }
})

t.test('a response of 503 is the app\'s: it goes through, and the request is sent once', async t => {
  let requests = 0
  const upstream = await startUpstream(t, (_request, response) => {
    requests++
    response.writeHead(503, { 'retry-after': '0', 'content-type': 'text/plain' }).end('later')
  })
  const { port } = await startGateway(t, upstream)
  const reply = await sendRequest(port, '/app/')
  t.strictSame([reply.statusCode, reply.headers['retry-after'], reply.body.toString(), requests], [503, '0', 'later', 1])
})

t.test('a port on which nothing listens is answered 502', async t => {
  const server = net.createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${portOf(server)}`
  server.close()
  await once(server, 'close')

  for (const listen of [startGateway, (_t: typeof t, upstreams: string) => listenStandalone(t, { apps: [{ name: 'app', upstreams }] })]) {
    const { port } = await listen(t, origin)
    isGatewayError(t, await soon(sendRequest(port, '/app/'), 'refused'), 502, 'GW_ERR_UPSTREAM_UNREACHABLE', 'a GET')
    isGatewayError(t, await soon(sendRequest(port, '/app/', { method: 'POST', body: 'x'.repeat(100_000) }), 'refused'), 502, 'GW_ERR_UPSTREAM_UNREACHABLE', 'a POST')
    const head = await soon(sendRequest(port, '/app/', { method: 'HEAD' }), 'refused')
    t.strictSame([head.statusCode, head.body.length], [502, 0])
  }
})

t.test('an upstream that comes up later is served from then on', async t => {
  const server = net.createServer(socket => socket.on('error', () => {}).on('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine')))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server)
  server.close()
  await once(server, 'close')
  const gateway = await startGateway(t, `http://127.0.0.1:${port}`)
  isGatewayError(t, await sendRequest(gateway.port, '/app/fine'), 502, 'GW_ERR_UPSTREAM_UNREACHABLE')

  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  await stillServes(t, gateway.port)
})

t.test('a name that does not resolve is answered 502', async t => {
  const { port } = await startGateway(t, 'http://nowhere.invalid:80')
  isGatewayError(t, await sendRequest(port, '/app/'), 502, 'GW_ERR_UPSTREAM_UNREACHABLE')
})

t.test('an app with upstreams of weight 0 only is answered 503, with Retry-After', async t => {
  let requests = 0
  const url = await startUpstream(t, (_request, response) => {
    requests++
    response.end()
  })
  for (const upstreams of [[{ url, weight: 0 }], [{ url, weight: 0 }, { url: `${url}/b`, weight: 0 }]]) {
    const { port } = await startGateway(t, upstreams)
    for (const method of ['GET', 'POST']) {
      const reply = await sendRequest(port, '/app/', { method, body: method === 'POST' ? 'abc' : undefined })
      isGatewayError(t, reply, 503, 'GW_ERR_NO_UPSTREAM', `${method} with ${upstreams.length} upstreams`)
      t.match(reply.headers['retry-after'], /^[1-9]\d*$/)
    }
  }
  t.equal(requests, 0)
})

t.test('the gateway\'s own responses carry the request\'s id', async t => {
  const upstream = await startLyingUpstream(t, socket => socket.destroy())
  const { port } = await startGateway(t, upstream)
  const reply = await sendRequest(port, '/app/lie', { headers: { 'x-request-id': 'mine-1' } })
  t.strictSame([reply.statusCode, reply.headers['x-request-id']], [502, 'mine-1'])
})
