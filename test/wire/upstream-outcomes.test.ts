import type { Socket } from 'node:net'
import t from 'tap'
import { resolveConfiguration } from '../../lib/configuration.ts'
import { AnswerBody } from '../../lib/upstream/answer-body.ts'
import type { Outcome } from '../../lib/upstream/attempt.ts'
import { Dispatcher, EXCHANGE } from '../../lib/upstream/dispatcher.ts'
import { Exchange } from '../../lib/upstream/exchange.ts'
import { startRawUpstream } from '../helper.ts'
import { defer, FINE, soon } from './upstream-support.ts'

interface Row {
  name: string
  method?: string
  lie: (socket: Socket) => void
  /** What health and balancing are told. */
  statusCode: number
  code?: string
}

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n'

const rows: Row[] = [
  { name: 'a whole answer', lie: socket => socket.write(FINE), statusCode: 200 },
  { name: 'an answer in chunks', lie: socket => socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`), statusCode: 200 },
  { name: 'an answer that ends with its connection', lie: socket => socket.end(`${HEAD}Connection: close\r\n\r\nfine`), statusCode: 200 },
  { name: 'an answer to HEAD', method: 'HEAD', lie: socket => socket.write(`${HEAD}Content-Length: 4\r\n\r\n`), statusCode: 200 },
  { name: '204', lie: socket => socket.write('HTTP/1.1 204 No Content\r\n\r\n'), statusCode: 204 },
  { name: '304', lie: socket => socket.write('HTTP/1.1 304 Not Modified\r\n\r\n'), statusCode: 304 },
  // RFC 9110, 8.6: it says how long the answer would have been.
  { name: '304 with a content-length', lie: socket => socket.write('HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n'), statusCode: 304 },
  { name: '503', lie: socket => socket.write('HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n'), statusCode: 503 },
  { name: 'a truncated answer', lie: socket => socket.end(`${HEAD}Content-Length: 10\r\n\r\nfine`), statusCode: 200, code: 'UND_ERR_SOCKET' },
  { name: 'no answer', lie: socket => socket.end(), statusCode: 0, code: 'UND_ERR_SOCKET' },
  { name: 'silence', lie: () => {}, statusCode: 0, code: 'GW_ERR_UPSTREAM_TIMEOUT' },
  { name: 'a stalled answer', lie: socket => socket.write(`${HEAD}Content-Length: 10\r\n\r\nfine`), statusCode: 200, code: 'GW_ERR_UPSTREAM_TIMEOUT' },
]

for (const { name, method = 'GET', lie, statusCode, code } of rows) {
  t.test(`the pool is told how it ended, once: ${name}`, async t => {
    const url = await startRawUpstream(t, socket => socket.once('data', () => lie(socket)))
    const { locations } = await resolveConfiguration({ apps: [{ name: 'app', upstreams: url }], timeouts: { headers: 200, body: 200 } }, process.cwd())
    const dispatcher = new Dispatcher(locations[0]!)
    t.teardown(() => dispatcher.destroy())
    const { pool } = dispatcher
    const outcomes: Outcome[] = []
    const ended = defer()
    const record = pool.outcome.bind(pool)
    pool.outcome = (upstream, outcome) => {
      record(upstream, outcome)
      outcomes.push(outcome)
      ended.resolve()
    }

    const exchange = new Exchange(locations[0]!, { method, path: '/', host: 'a', headers: [], body: null }, () => {})
    dispatcher.request({ headers: { [EXCHANGE]: exchange } }, (_error, { body }) => {
      if (body instanceof AnswerBody) body.on('error', () => {}).resume()
    })
    t.equal(pool.inFlight, 1)
    await soon(ended.promise, 'the end')
    const [{ error, statusCode: status }] = outcomes as [Outcome]
    t.strictSame([status, (error as { code?: string } | null)?.code], [statusCode, code])
    t.strictSame([pool.inFlight, dispatcher.size, outcomes.length], [0, 0, 1], 'and nothing is under way any more')
  })
}
