import t from 'tap'
import { errors as undici } from 'undici'
import * as errors from '../../../lib/errors.ts'
import type { Result } from '../../../lib/health/outlier-detector.ts'
import type { Phase } from '../../../lib/retry/decide.ts'
import { toGatewayError } from '../../../lib/dispatch/failure.ts'
import { classifyFailure, classifyStatus, classifyPhase } from '../../../lib/dispatch/outcome.ts'
import { ProtocolError, UnprocessedError, UnsendableError, UnsupportedError } from '../../../lib/transport/errors.ts'

const statuses: [statusCode: number, result: Result][] = [
  [200, 'success'], [304, 'success'], [404, 'success'], [429, 'success'], [499, 'success'], [500, 'error-status'], [503, 'error-status'], [599, 'error-status'],
]

for (const [statusCode, result] of statuses) {
  t.test(`an answer of ${statusCode} is: ${result}`, async t => t.equal(classifyStatus(statusCode), result))
}

interface Row {
  result: Result
  /** When it fails before it had a connection, and behind that. */
  phases: [unsent: Phase, sent: Phase]
}

const NEUTRAL: Row = { result: 'neutral', phases: ['final', 'final'] }
const UNREACHABLE: Row = { result: 'local-error', phases: ['unsent', 'unanswered'] }
const TIMEOUT: Row = { result: 'local-error', phases: ['unsent', 'timed-out'] }
const NOT_HTTP: Row = { result: 'local-error', phases: ['unsent', 'final'] }

const classes: Record<string, Row & { error: errors.GatewayError }> = {
  BadRequestError: { error: new errors.BadRequestError('x'), ...NEUTRAL },
  BadPathError: { error: new errors.BadPathError('x'), ...NEUTRAL },
  SlowClientError: { error: new errors.SlowClientError('x'), ...NEUTRAL },
  MethodNotAllowedError: { error: new errors.MethodNotAllowedError('x'), ...NEUTRAL },
  UpgradeRefusedError: { error: new errors.UpgradeRefusedError(), ...NEUTRAL },
  NoRouteError: { error: new errors.NoRouteError(), ...NEUTRAL },
  ClientClosedError: { error: new errors.ClientClosedError(), ...NEUTRAL },
  UpstreamUnreachableError: { error: new errors.UpstreamUnreachableError('shop'), ...UNREACHABLE },
  BadUpstreamResponseError: { error: new errors.BadUpstreamResponseError('shop'), ...NOT_HTTP },
  NoUpstreamError: { error: new errors.NoUpstreamError('shop'), ...NEUTRAL },
  OverloadedError: { error: new errors.OverloadedError('shop'), ...NEUTRAL },
  UpstreamTimeoutError: { error: new errors.UpstreamTimeoutError('shop'), ...TIMEOUT },
}

const coded = (code: string) => Object.assign(new Error(code), { code })

// What undici and its sockets fail with, by way of the gateway's errors.
const failures: Record<string, Row & { cause: unknown }> = {
  'a refused connection': { cause: coded('ECONNREFUSED'), ...UNREACHABLE },
  'a name that is not resolved': { cause: coded('ENOTFOUND'), ...UNREACHABLE },
  'a reset': { cause: coded('ECONNRESET'), ...UNREACHABLE },
  'a socket that was closed': { cause: new undici.SocketError('other side closed'), ...UNREACHABLE },
  'a certificate that is not trusted': { cause: coded('DEPTH_ZERO_SELF_SIGNED_CERT'), ...UNREACHABLE },
  'something that is no error': { cause: 'x', ...UNREACHABLE },
  'a connection that takes too long': { cause: new undici.ConnectTimeoutError('x'), ...TIMEOUT },
  'a kernel that gave up': { cause: coded('ETIMEDOUT'), ...TIMEOUT },
  'an answer that is not HTTP': { cause: new undici.HTTPParserError('x'), ...NOT_HTTP },
  'a head that is too big': { cause: new undici.HeadersOverflowError(), ...NOT_HTTP },
  'an answer that nobody asked for': { cause: new undici.SocketError('bad response'), ...NOT_HTTP },
  'a request that undici refuses': { cause: new undici.InvalidArgumentError('x'), ...NEUTRAL },
  'an upload that ended early': { cause: new undici.RequestContentLengthMismatchError(), ...NEUTRAL },
  'an upload that was destroyed': { cause: new undici.RequestAbortedError(), ...NEUTRAL },
  'an answer that is not HTTP/2': { cause: new ProtocolError('x'), ...NOT_HTTP },
  'a stream that was refused': { cause: new UnprocessedError('x', false), result: 'local-error', phases: ['unsent', 'unsent'] },
  'a stream that a closing connection did not take': { cause: new UnprocessedError('x', true), result: 'neutral', phases: ['unsent', 'unsent'] },
  'a switch of protocols where there is none': { cause: new UnsupportedError('x'), result: 'neutral', phases: ['unsent', 'unanswered'] },
  'a request that cannot be written': { cause: new UnsendableError('x'), ...NEUTRAL },
  'an error of the gateway\'s own': { cause: new errors.SlowClientError('x'), ...NEUTRAL },
}

const rows: (Row & { name: string, error: errors.GatewayError })[] = [
  ...Object.entries(classes).map(([name, row]) => ({ name, ...row })),
  ...Object.entries(failures).map(([name, { cause, ...row }]) => ({ name, error: toGatewayError(cause, 'shop'), ...row })),
]

for (const { name, error, result, phases } of rows) {
  t.test(`${name} is: ${result}, and ${phases.join(' or ')}`, async t => {
    t.equal(classifyFailure(error), result)
    t.strictSame([classifyPhase(error, false), classifyPhase(error, true)], phases)
  })
}

t.test('every error that a request can end with is judged above', async t => {
  const known = Object.keys(errors).filter(name => name.endsWith('Error') && name !== 'createConfigError')
  t.strictSame(Object.keys(classes).sort(), known.sort())
})
