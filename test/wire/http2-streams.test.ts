import { once } from 'node:events'
import { buffer } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { listenSecureStandalone } from '../helpers/gateways.ts'
import { connectHttp2, sendHttp2Request } from '../helpers/http2-client.ts'
import { startUpstream } from '../helpers/upstreams.ts'

const PER_CONNECTION = 1000

t.test('1000 requests at a time on one connection are all answered, each its own', async t => {
  const upstream = await startUpstream(t, (request, response) => {
    setTimeout(50).then(() => response.end(request.url))
  })
  const { origin } = await listenSecureStandalone(t, { apps: [{ name: 'app', upstreams: upstream }], limits: { pendingTimeout: 0 } })
  const session = await connectHttp2(t, origin)
  t.equal(session.remoteSettings.maxConcurrentStreams, PER_CONNECTION)
  const responses = await Promise.all(Array.from({ length: PER_CONNECTION }, (_, index) => sendHttp2Request(session, `/app/${index}`)))
  for (const [index, { status, body }] of responses.entries()) {
    if (status !== 200 || body.toString() !== `/${index}`) t.fail(`${index}: ${status} ${body}`)
  }
  t.notOk(session.closed, 'and the connection goes on')
})

t.test('responses that wait to be read do not keep a connection from sending more requests', async t => {
  const size = 150_000
  const upstream = await startUpstream(t, (_request, response) => response.end(Buffer.alloc(size, 'x')))
  const { origin } = await listenSecureStandalone(t, { apps: [{ name: 'app', upstreams: upstream, limits: { maxConnections: PER_CONNECTION } }] })
  const session = await connectHttp2(t, origin)
  // More than ten megabytes, which is where node would begin to refuse.
  const unread = Array.from({ length: 250 }, () => session.request({ ':path': '/app/' }))
  await Promise.all(unread.map(stream => once(stream, 'response')))
  await setTimeout(200)
  t.match(await sendHttp2Request(session, '/app/'), { status: 200 })
  const lengths = await Promise.all(unread.map(async stream => (await buffer(stream)).length))
  t.strictSame(new Set(lengths), new Set([size]))
})
