import t from 'tap'
import { errors } from 'undici'
import { BadPathError } from '../../../lib/errors.ts'
import { toGatewayError } from '../../../lib/dispatch/failure.ts'
import { ProtocolError } from '../../../lib/transport/errors.ts'

const coded = (code: string, message = code) => Object.assign(new Error(message), { code })

const rows: [name: string, error: unknown, code: string, statusCode: number][] = [
  ['refused', coded('ECONNREFUSED', 'connect ECONNREFUSED 10.0.0.5:8001'), 'GW_ERR_UPSTREAM_UNREACHABLE', 502],
  ['name not resolved', coded('ENOTFOUND'), 'GW_ERR_UPSTREAM_UNREACHABLE', 502],
  ['reset', coded('ECONNRESET'), 'GW_ERR_UPSTREAM_UNREACHABLE', 502],
  ['closed before an answer', new errors.SocketError('other side closed'), 'GW_ERR_UPSTREAM_UNREACHABLE', 502],
  ['a certificate that is not trusted', coded('DEPTH_ZERO_SELF_SIGNED_CERT'), 'GW_ERR_UPSTREAM_UNREACHABLE', 502],
  ['an error without a code', new Error('x'), 'GW_ERR_UPSTREAM_UNREACHABLE', 502],
  ['a code that is no text', Object.assign(new Error('x'), { code: 5 }), 'GW_ERR_UPSTREAM_UNREACHABLE', 502],
  ['something thrown that is no error', 'x', 'GW_ERR_UPSTREAM_UNREACHABLE', 502],
  ['the connection takes too long', new errors.ConnectTimeoutError('10.0.0.5:8001'), 'GW_ERR_UPSTREAM_TIMEOUT', 504],
  ['the kernel gave up', coded('ETIMEDOUT'), 'GW_ERR_UPSTREAM_TIMEOUT', 504],
  ['the answer is not HTTP', new errors.HTTPParserError('Response does not match the HTTP/1.1 protocol'), 'GW_ERR_BAD_UPSTREAM_RESPONSE', 502],
  ['the answer is not HTTP, to our own client', new ProtocolError('no status line'), 'GW_ERR_BAD_UPSTREAM_RESPONSE', 502],
  ['its head is too big', new errors.HeadersOverflowError(), 'GW_ERR_BAD_UPSTREAM_RESPONSE', 502],
  ['its length is wrong', new errors.ResponseContentLengthMismatchError(), 'GW_ERR_BAD_UPSTREAM_RESPONSE', 502],
  ['an answer that nobody asked for', new errors.SocketError('bad response'), 'GW_ERR_BAD_UPSTREAM_RESPONSE', 502],
  ['a switch of protocols that nobody asked for', new errors.SocketError('bad upgrade'), 'GW_ERR_BAD_UPSTREAM_RESPONSE', 502],
  ['undici refuses the request', new errors.InvalidArgumentError('invalid header key'), 'GW_ERR_BAD_REQUEST', 400],
  ['undici cannot do what it asks', new errors.NotSupportedError('expect header not supported'), 'GW_ERR_BAD_REQUEST', 400],
  ['the upload ended early', new errors.RequestContentLengthMismatchError(), 'GW_ERR_CLIENT_CLOSED', 499],
  ['the upload was destroyed', new errors.RequestAbortedError(), 'GW_ERR_CLIENT_CLOSED', 499],
  ['the upload was closed', coded('ERR_STREAM_PREMATURE_CLOSE'), 'GW_ERR_CLIENT_CLOSED', 499],
]

for (const [name, error, code, statusCode] of rows) {
  t.test(`failure: ${name}: ${code}`, async t => {
    const result = toGatewayError(error, 'shop')
    t.match(result, { code, statusCode })
    t.equal(result.cause, error, 'the log gets the cause')
    t.notMatch(result.message, /10\.0\.0\.5/, 'the client does not')
  })
}

t.test('an error of the gateway stays the same', async t => {
  const error = new BadPathError('x')
  t.equal(toGatewayError(error, 'shop'), error)
})
