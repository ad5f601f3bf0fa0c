import t from 'tap'
import { NoUpstreamError, UpstreamTimeoutError } from '../../../lib/errors.ts'
import { createExchange } from './fakes.ts'
import { createLocation } from '../locations.ts'

t.test('a failure is told once', async t => {
  const { exchange, failures } = createExchange(createLocation())
  const first = new NoUpstreamError('shop')
  exchange.fail(first)
  exchange.fail(new UpstreamTimeoutError('shop'))
  t.strictSame(failures, [first])
  t.equal(exchange.failure, first)
})

t.test('nobody is told when the client is gone, but the log', async t => {
  const { exchange, failures } = createExchange(createLocation())
  exchange.close(false)
  exchange.fail(new NoUpstreamError('shop'))
  t.strictSame(failures, [])
  t.equal(exchange.failure?.code, 'GW_ERR_NO_UPSTREAM')
})

t.test('a client that goes away stops what is under way', async t => {
  const { exchange } = createExchange(createLocation())
  const errors: (Error | undefined)[] = []
  exchange.startWait({ abort: error => errors.push(error) })
  exchange.close(false)
  t.strictSame(errors, [undefined])
  t.ok(exchange.isClientGone)
})

t.test('an answer that was sent to its end leaves nobody to be told either, but the client is not gone', async t => {
  const { exchange } = createExchange(createLocation())
  const errors: (Error | undefined)[] = []
  exchange.startWait({ abort: error => errors.push(error) })
  exchange.close(true)
  t.equal(errors.length, 1, 'what is still under way stops')
  t.notOk(exchange.isClientGone)
})

t.test('a response can go on without its body', async t => {
  const { exchange } = createExchange(createLocation())
  exchange.expectResponse(() => {})
  const response = { statusCode: 200, statusText: 'OK', headers: {}, trailer: undefined, isEventStream: false, body: Buffer.from('') }
  exchange.deliver(response)
  exchange.dropBody()
  t.equal(exchange.response?.body, null)
})
