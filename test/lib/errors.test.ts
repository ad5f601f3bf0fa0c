import t from 'tap'
import * as errors from '../../lib/errors.ts'

t.test('one problem of a configuration stands in one line', async t => {
  const error = errors.createConfigError([{ path: 'apps[0].prefix', message: 'is taken' }])
  t.match(error, { code: 'GW_ERR_CONFIG', message: 'Invalid gateway configuration: apps[0].prefix: is taken', problems: [{ path: 'apps[0].prefix', message: 'is taken' }] })
  t.type(error, TypeError)
})

t.test('a problem with the whole has no path', async t => {
  t.equal(errors.createConfigError([{ path: '', message: 'must be an object' }]).message, 'Invalid gateway configuration: must be an object')
})

t.test('several problems are listed, with signs of formats as they are', async t => {
  const problems = [{ path: 'a', message: '100% %s wrong' }, { path: '', message: 'two' }]
  const error = errors.createConfigError(problems)
  t.equal(error.message, 'Invalid gateway configuration, 2 problems:\n  - a: 100% %s wrong\n  - two')
  problems.pop()
  t.equal(error.problems.length, 2, 'the list is its own')
})

const cause = new Error('connect ECONNREFUSED 10.0.0.5:8001')

const rows: [error: errors.GatewayError, code: string, statusCode: number, message: string][] = [
  [new errors.BadRequestError('no Host', { cause }), 'GW_ERR_BAD_REQUEST', 400, 'Malformed request: no Host'],
  [new errors.BadPathError('it leaves its prefix', { cause }), 'GW_ERR_BAD_PATH', 400, 'Malformed path: it leaves its prefix'],
  [new errors.NoRouteError({ cause }), 'GW_ERR_NO_ROUTE', 404, 'No app is mounted at this path'],
  [new errors.ClientClosedError({ cause }), 'GW_ERR_CLIENT_CLOSED', 499, 'The client closed the connection'],
  [new errors.UpstreamUnreachableError('shop', { cause }), 'GW_ERR_UPSTREAM_UNREACHABLE', 502, 'The app "shop" cannot be reached'],
  [new errors.BadUpstreamResponseError('shop', { cause }), 'GW_ERR_BAD_UPSTREAM_RESPONSE', 502, 'The app "shop" sent an answer that is not HTTP'],
  [new errors.NoUpstreamError('shop', { cause }), 'GW_ERR_NO_UPSTREAM', 503, 'The app "shop" has no upstream that takes requests'],
  [new errors.UpstreamTimeoutError('shop', { cause }), 'GW_ERR_UPSTREAM_TIMEOUT', 504, 'The app "shop" did not answer in time'],
]

for (const [error, code, statusCode, message] of rows) {
  t.test(`${code} is answered ${statusCode}, and keeps its cause for the log only`, async t => {
    t.strictSame([error.code, error.statusCode, error.message, error.cause], [code, statusCode, message, cause])
  })
}
