import type { Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { resolveConfiguration } from '../../lib/configuration/resolve.ts'
import { ResponseBody } from '../../lib/downstream/response-body.ts'
import { Dispatcher } from '../../lib/dispatch/dispatcher.ts'
import { Exchange } from '../../lib/dispatch/exchange.ts'
import type { Result } from '../../lib/health/outlier-detector.ts'
import { inFlightOf } from '../lib/dispatch/dispatch.ts'
import { FINE, startRawUpstream } from '../helpers/upstreams.ts'
import { defer, soon } from '../helpers/waiting.ts'

interface Row {
  name: string
  method?: string
  lie: (socket: Socket) => void
  /** What health checks and balancers are notified of. */
  results: Result[]
}

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n'

const rows: Row[] = [
  { name: 'a whole response', lie: socket => socket.write(FINE), results: ['success'] },
  { name: 'a response in chunks', lie: socket => socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`), results: ['success'] },
  { name: 'a response that ends with its connection', lie: socket => socket.end(`${HEAD}Connection: close\r\n\r\nfine`), results: ['success'] },
  { name: 'a response to HEAD', method: 'HEAD', lie: socket => socket.write(`${HEAD}Content-Length: 4\r\n\r\n`), results: ['success'] },
  { name: '204', lie: socket => socket.write('HTTP/1.1 204 No Content\r\n\r\n'), results: ['success'] },
  { name: '304', lie: socket => socket.write('HTTP/1.1 304 Not Modified\r\n\r\n'), results: ['success'] },
  // RFC 9110, 8.6: it says how long the response would have been.
  { name: '304 with a content-length', lie: socket => socket.write('HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n'), results: ['success'] },
  { name: '503', lie: socket => socket.write('HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n'), results: ['error-status'] },
  { name: 'a truncated response', lie: socket => socket.end(`${HEAD}Content-Length: 10\r\n\r\nfine`), results: ['local-error'] },
  { name: 'no response', lie: socket => socket.end(), results: ['local-error'] },
  { name: 'silence', lie: () => {}, results: ['local-error'] },
  { name: 'a stalled response', lie: socket => socket.write(`${HEAD}Content-Length: 10\r\n\r\nfine`), results: ['local-error'] },
]

for (const { name, method = 'GET', lie, results } of rows) {
  t.test(`the pool is notified of the result, once: ${name}`, async t => {
    const url = await startRawUpstream(t, socket => socket.once('data', () => lie(socket)))
    const { locations } = await resolveConfiguration({ apps: [{ name: 'app', upstreams: url }], retry: false, timeouts: { headers: 200, body: 200 } }, process.cwd())
    const dispatcher = new Dispatcher(locations[0]!)
    t.teardown(() => dispatcher.destroy())
    const { pool } = dispatcher
    const reported: Result[] = []
    const settled = defer()
    const [record, release] = [pool.recordResult.bind(pool), pool.release.bind(pool)]
    const check = () => { if (reported.length === results.length && inFlightOf(dispatcher) === 0) settled.resolve() }
    pool.recordResult = (upstream, result, isProbe) => {
      record(upstream, result, isProbe)
      reported.push(result)
      check()
    }
    pool.release = upstream => {
      release(upstream)
      check()
    }

    const exchange = new Exchange(locations[0]!, { method, path: '/', host: 'a', ownHost: undefined, headers: [], body: null, upgrade: null, trailers: null, hashKey: undefined, acceptsTrailers: false }, null, {
      onInterim () {},
      onFailure () {},
    })
    exchange.expectResponse((_error, { body }) => { if (body instanceof ResponseBody) body.on('error', () => {}).resume() })
    dispatcher.forward(exchange)
    t.equal(inFlightOf(dispatcher), 1)
    await soon(settled.promise, 'the end')
    await turn()
    t.strictSame([reported, inFlightOf(dispatcher)], [results, 0], 'and nothing is under way any more')
  })
}
