import type { ServerResponse } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { startGateway } from '../helpers/gateways.ts'
import { isGatewayError, sendRequest } from '../helpers/http1-client.ts'
import { connectRaw } from '../helpers/raw-client.ts'
import { startUpstream } from '../helpers/upstreams.ts'
import { soon } from '../helpers/waiting.ts'

/** An upstream with responses that wait until the test sends them. */
async function startDelayed (t: Test) {
  const responses: ServerResponse[] = []
  const upstream = await startUpstream(t, (_request, response) => { responses.push(response) })
  const until = async (count: number) => { while (responses.length < count) await setTimeout(1) }
  return { upstream, responses, until }
}

t.test('one request more than the limits let wait is answered 503, with Retry-After and without an address', async t => {
  const { upstream, responses, until } = await startDelayed(t)
  const { port } = await startGateway(t, upstream, { limits: { maxConnections: 2, maxPending: 1 } })
  const replies = Array.from({ length: 3 }, () => sendRequest(port, '/app/'))
  await until(2)
  // The third is on its way; it cannot be seen from outside before a fourth is refused.
  let refused = await soon(sendRequest(port, '/app/'), 'the refusal')
  while (refused.statusCode !== 503) refused = await soon(sendRequest(port, '/app/'), 'the refusal')
  isGatewayError(t, refused, 503, 'GW_ERR_OVERLOADED')
  t.equal(refused.headers['retry-after'], '1')
  for (let i = 0; i < 3; i++) {
    await until(i + 1)
    responses[i]!.end('fine')
  }
  t.strictSame((await Promise.all(replies)).map(({ statusCode }) => statusCode), [200, 200, 200])
})

t.test('a request that waits longer than pendingTimeout is answered 503', async t => {
  const { upstream } = await startDelayed(t)
  const { port } = await startGateway(t, upstream, { limits: { maxConnections: 1, pendingTimeout: 100 } })
  const client = await connectRaw(t, port)
  client.write('GET /app/ HTTP/1.1\r\nHost: a\r\n\r\n')
  let reply = await soon(sendRequest(port, '/app/'), 'the refusal')
  while (reply.statusCode !== 503) reply = await soon(sendRequest(port, '/app/'), 'the refusal')
  isGatewayError(t, reply, 503, 'GW_ERR_OVERLOADED')
})

t.test('an open event stream has a lease, and ends it when it closes', async t => {
  const streams: ServerResponse[] = []
  const upstream = await startUpstream(t, (request, response) => {
    if (request.url === '/stream') {
      streams.push(response.writeHead(200, { 'content-type': 'text/event-stream' }))
      response.write('data: 1\n\n')
    } else response.end('fine')
  })
  const { port } = await startGateway(t, upstream, { limits: { maxConnections: 1, maxPending: 1 } })
  const stream = await connectRaw(t, port)
  stream.write('GET /app/stream HTTP/1.1\r\nHost: a\r\n\r\n')
  await stream.until(/data: 1/)
  const waiting = sendRequest(port, '/app/')
  isGatewayError(t, await soon(sendRequest(port, '/app/').then(async reply => reply.statusCode === 503 ? reply : sendRequest(port, '/app/')), 'the refusal'), 503, 'GW_ERR_OVERLOADED')
  stream.socket.destroy()
  t.equal((await soon(waiting, 'the pending request')).body.toString(), 'fine')
})
