import t from 'tap'
import { composeHead, composeTrailers } from '../../../../lib/transport/http1/write-request.ts'
import type { OutgoingRequest } from '../../../../lib/transport/transport.ts'
import { GET } from '../transport.ts'

const compose = (changes: Partial<OutgoingRequest>, isShared = true) => composeHead({ ...GET, ...changes }, isShared)

t.test('a head is its lines, the connection\'s among them', async t => {
  t.strictSame(compose({ path: '/a?b=%20\xe9', headers: ['Host', 'a:8', 'X-A', ' b\t\xff', 'x-a', ''] }), {
    lines: 'GET /a?b=%20\xe9 HTTP/1.1\r\nhost: a:8\r\nconnection: keep-alive\r\nX-A:  b\t\xff\r\nx-a: \r\n', contentLength: null, isKeepAlive: true,
  })
})

t.test('a content-length is taken out, for who frames the body', async t => {
  t.match(compose({ method: 'POST', headers: ['host', 'a', 'CONTENT-Length', '5'] }), { lines: 'POST / HTTP/1.1\r\nhost: a\r\nconnection: keep-alive\r\n', contentLength: 5 })
})

const kept: [name: string, request: Partial<OutgoingRequest>, isKeepAlive: boolean, line: string][] = [
  ['GET', {}, true, 'keep-alive'],
  ['POST with a body', { method: 'POST', body: Buffer.from('a') }, true, 'keep-alive'],
  ['HEAD', { method: 'HEAD' }, false, 'close'],
  ['DELETE', { method: 'DELETE' }, true, 'keep-alive'],
  ['DELETE with a body', { method: 'DELETE', body: Buffer.from('a') }, false, 'close'],
  ['an upgrade', { upgrade: 'websocket' }, false, 'upgrade\r\nupgrade: websocket'],
]

for (const [name, request, isKeepAlive, line] of kept) {
  t.test(`whether a connection is used again depends on the request: ${name}`, async t => {
    const head = compose(request)
    t.equal(head.isKeepAlive, isKeepAlive)
    t.match(head.lines, `\r\nconnection: ${line}\r\n`)
    t.match(compose(request, false), { isKeepAlive: false })
  })
}

const refused: [name: string, request: Partial<OutgoingRequest>][] = [
  ['an empty method', { method: '' }],
  ['a method with a space', { method: 'GET /evil' }],
  ['a method with a line end', { method: 'GET\r\n' }],
  ['CONNECT', { method: 'CONNECT' }],
  ['an empty path', { path: '' }],
  ['a path without a slash', { path: 'http://a/' }],
  ['a path with a space', { path: '/ HTTP/1.1' }],
  ['a path with a line end', { path: '/\r\nX: y' }],
  ['a path with a zero byte', { path: '/\0' }],
  ['a path with a delete', { path: '/\x7f' }],
  ['a path beyond latin1', { path: '/\u010d\u010a' }],
  ['no headers', { headers: [] }],
  ['no host', { headers: ['x-a', 'b'] }],
  ['a host that is not the first', { headers: ['x-a', 'b', 'host', 'a'] }],
  ['two hosts', { headers: ['host', 'a', 'Host', 'b'] }],
  ['a host with a line end', { headers: ['host', 'a\r\nX: y'] }],
  ['a name without a value', { headers: ['host', 'a', 'x'] }],
  ['an empty name', { headers: ['host', 'a', '', 'x'] }],
  ['a name with a colon', { headers: ['host', 'a', 'x:', 'x'] }],
  ['a name with a line end', { headers: ['host', 'a', 'x\r\ny', 'x'] }],
  ['a name beyond latin1', { headers: ['host', 'a', 'x\u010a', 'x'] }],
  ['a value with a line feed', { headers: ['host', 'a', 'x', 'y\nz'] }],
  ['a value with a carriage return', { headers: ['host', 'a', 'x', 'y\rz'] }],
  ['a value with a zero byte', { headers: ['host', 'a', 'x', 'y\0'] }],
  ['a value beyond latin1 whose low byte is a line feed', { headers: ['host', 'a', 'x', 'y\u010a'] }],
  ['a value that is no string', { headers: ['host', 'a', 'x', ['y'] as unknown as string] }],
  ['a name that is no string', { headers: ['host', 'a', ['y'] as unknown as string, 'x'] }],
  ['two content-lengths', { headers: ['host', 'a', 'content-length', '1', 'Content-Length', '1'] }],
  ['a content-length that is no number', { headers: ['host', 'a', 'content-length', '1x'] }],
  ['a transfer-encoding', { headers: ['host', 'a', 'Transfer-Encoding', 'chunked'] }],
  ['a connection header', { headers: ['host', 'a', 'Connection', 'x'] }],
  ['a keep-alive header', { headers: ['host', 'a', 'keep-alive', 'x'] }],
  ['an upgrade header', { headers: ['host', 'a', 'Upgrade', 'x'] }],
  ['an expectation', { headers: ['host', 'a', 'expect', '100-continue'] }],
  ['an upgrade with a line end', { upgrade: 'x\r\ny: z' }],
]

for (const [name, request] of refused) {
  t.test(`nothing is written of a request that is not one: ${name}`, async t => {
    t.throws(() => compose(request), { code: 'UND_ERR_INVALID_ARG' })
  })
}

t.test('trailers are lines, too', async t => {
  t.equal(composeTrailers(['X-Sum', '1', 'a-name-of-more-than-17', '']), 'X-Sum: 1\r\na-name-of-more-than-17: \r\n')
  for (const trailers of [['x'], ['x', 'y\r\n'], ['x ', 'y'], ['Content-Length', '5'], ['transfer-encoding', 'chunked'], ['Host', 'a']]) {
    t.throws(() => composeTrailers(trailers), { code: 'UND_ERR_INVALID_ARG' }, trailers.join())
  }
})
