import { once } from 'node:events'
import http2, { type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import { type IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import t, { type Test } from 'tap'
import { connectionOf, hasBody, hasFramedBody, hostOf, isHttp2, isSent, rawHeadersOf, resetStream } from '../../../lib/downstream/http-version.ts'
import { portOf } from '../../helpers/servers.ts'

/** A request of HTTP/2 with its response, and the client's end of it. */
async function startRequest (t: Test, headers: http2.OutgoingHttpHeaders, { endStream = true } = {}) {
  const server = http2.createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const session = http2.connect(`http://127.0.0.1:${portOf(server)}`)
  t.teardown(() => {
    session.destroy()
    server.close()
  })
  const stream = session.request(headers, { endStream })
  stream.on('error', () => {})
  const [request, response] = await once(server, 'request') as [Http2ServerRequest, Http2ServerResponse]
  return { request, response, stream }
}

t.test('a request of HTTP/1.1 is read as it is', async t => {
  const request = new IncomingMessage(new Socket())
  const response = new ServerResponse(request)
  Object.assign(request, { headers: { host: 'a', 'content-length': '1' }, rawHeaders: ['Host', 'a'] })
  t.strictSame([isHttp2(request), hostOf(request), rawHeadersOf(request), hasBody(request)], [false, 'a', ['Host', 'a'], true])
  t.equal(connectionOf(request), request.socket)
  t.equal(isSent(response), false)
})

t.test('of a request of HTTP/2 host, headers and body are found where they are', async t => {
  const { request, response } = await startRequest(t, { ':path': '/', ':authority': 'shop.example', cookie: ['a=1', 'b=2'] })
  t.strictSame([isHttp2(request), isHttp2(response), hostOf(request), rawHeadersOf(request), hasBody(request)], [true, true, 'shop.example', ['cookie', 'a=1; b=2'], false])
  t.equal(connectionOf(request), connectionOf(request))
  t.equal(connectionOf(request).remoteAddress, '127.0.0.1')
  const upload = await startRequest(t, { ':path': '/', ':method': 'POST', host: 'b' }, { endStream: false })
  t.equal(hasBody(upload.request), true)
})

t.test('a response of HTTP/2 is sent when it has ended without an error', async t => {
  const { response, stream } = await startRequest(t, { ':path': '/' })
  t.equal(isSent(response), false)
  stream.resume()
  response.end('fine')
  await once(stream, 'close')
  t.equal(isSent(response), true)
})

t.test('a response of HTTP/2 that breaks off is a stream with an error', async t => {
  const { response, stream } = await startRequest(t, { ':path': '/' })
  response.write('half')
  await once(stream, 'response')
  resetStream(response)
  await new Promise(resolve => stream.once('close', resolve))
  t.equal(stream.rstCode, http2.constants.NGHTTP2_INTERNAL_ERROR)
  t.equal(isSent(response), false)
})

const bodies: { name: string, headers: IncomingHttpHeaders, expected: boolean }[] = [
  { name: 'neither header', headers: {}, expected: false },
  { name: 'no bytes', headers: { 'content-length': '0' }, expected: false },
  { name: 'some bytes', headers: { 'content-length': '10' }, expected: true },
  { name: 'what is no number', headers: { 'content-length': 'x' }, expected: true },
  { name: 'no number', headers: { 'content-length': '' }, expected: true },
  { name: 'chunks', headers: { 'transfer-encoding': 'chunked' }, expected: true },
  { name: 'chunks, and no bytes beside them', headers: { 'transfer-encoding': 'chunked', 'content-length': '0' }, expected: true },
  { name: 'a coding without a name', headers: { 'transfer-encoding': '' }, expected: true },
]

for (const { name, headers, expected } of bodies) {
  t.test(`a request says that it has a body: ${name}: ${expected}`, async t => t.equal(hasFramedBody(headers), expected))
}
