import t from 'tap'
import { explainStreamFailure, explainConnectFailure, type SessionFailure } from '../../../../lib/transport/http2/errors.ts'
import { ProtocolError, UnprocessedError } from '../../../../lib/transport/errors.ts'

const coded = (code: string) => Object.assign(new Error(code), { code })
const FINE: SessionFailure = { goaway: null, error: null }
const reset = coded('ECONNRESET')

const ends: {
  name: string
  stream: { id: number | undefined; rstCode: number; errored?: Error }
  end?: Partial<SessionFailure>
  expected: unknown
  class?: typeof Error | typeof ProtocolError | typeof UnprocessedError
}[] = [
  {
    name: 'a stream that got no number was not sent',
    stream: { id: undefined, rstCode: 0 },
    expected: { isGracefulClose: true },
    class: UnprocessedError,
  },
  {
    name: 'a stream that was refused was not acted on',
    stream: { id: 1, rstCode: 7 },
    expected: { isGracefulClose: false },
    class: UnprocessedError,
  },
  {
    name: 'a stream above the last of a GOAWAY was not acted on',
    stream: { id: 5, rstCode: 7 },
    end: { goaway: { code: 0, lastStreamID: 3 } },
    expected: { isGracefulClose: true },
    class: UnprocessedError,
  },
  {
    name: 'a stream above the last of a GOAWAY with an error was not acted on either',
    stream: { id: 5, rstCode: 11, errored: coded('ERR_HTTP2_SESSION_ERROR') },
    end: { goaway: { code: 11, lastStreamID: 3 } },
    expected: { isGracefulClose: false },
    class: UnprocessedError,
  },
  {
    name: 'a stream below it may have been',
    stream: { id: 3, rstCode: 11, errored: coded('ERR_HTTP2_SESSION_ERROR') },
    end: { goaway: { code: 11, lastStreamID: 3 } },
    expected: { code: 'ERR_HTTP2_SESSION_ERROR' },
  },
  { name: 'a connection that is reset is that', stream: { id: 1, rstCode: 2, errored: reset }, expected: reset },
  {
    name: 'a session that the gateway ended is that',
    stream: { id: 1, rstCode: 8 },
    end: { error: reset },
    expected: reset,
  },
  {
    name: 'bytes that are not HTTP/2 are that',
    stream: { id: 1, rstCode: 2, errored: coded('ERR_HTTP2_ERROR') },
    expected: { cause: { code: 'ERR_HTTP2_ERROR' } },
    class: ProtocolError,
  },
  {
    name: 'a malformed answer is that',
    stream: { id: 1, rstCode: 1, errored: coded('ERR_HTTP2_STREAM_ERROR') },
    expected: {},
    class: ProtocolError,
  },
  {
    name: 'a stream that was cancelled says so',
    stream: { id: 1, rstCode: 8 },
    expected: { message: 'Its stream was closed before its response ended (error code 8)' },
  },
]

for (const { name, stream, end, expected, class: Class = Error } of ends) {
  t.test(name, async t => {
    const error = explainStreamFailure({ errored: null, ...stream }, { ...FINE, ...end })
    t.match(error, expected)
    t.type(error, Class)
  })
}

const openings: [name: string, error: Error | null, message: RegExp][] = [
  ['bytes that are not HTTP/2', coded('ERR_HTTP2_ERROR'), /does not speak HTTP\/2$/],
  ['a TLS server that refuses the protocol', coded('ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL'), /TLS did not agree on "h2"/],
  ['an end before the first word', null, /without a word of HTTP\/2/],
  ['anything else', reset, /^ECONNRESET$/],
]

for (const [name, error, message] of openings) {
  t.test(`a session that is not opened says why: ${name}`, async t => t.match(explainConnectFailure(error), { message }))
}
