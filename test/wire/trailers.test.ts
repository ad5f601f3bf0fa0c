import t from 'tap'
import { onEachServer, startGateway } from '../helpers/gateways.ts'
import { connectRaw } from '../helpers/raw-client.ts'
import { startCannedUpstream, startRecorder } from '../helpers/upstreams.ts'

const CHUNKED = Buffer.from('HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nX-Sum: 4\r\nX-Cafe: \xe9\r\nSet-Cookie: a=1\r\nX-Forwarded-For: 6.6.6.6\r\nx-sum: 5\r\n\r\n', 'latin1')

onEachServer('trailers of a response reach a client that wants them, less those that have no business there', async (t, listen) => {
  const upstream = await startCannedUpstream(t, CHUNKED)
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream }] })
  const client = await connectRaw(t, port)
  client.write('GET /app/ HTTP/1.1\r\nHost: x\r\nTE: trailers\r\nConnection: TE, close\r\n\r\n')
  t.match(
    await client.closed(),
    /^HTTP\/1\.1 200 OK\r\n[^]*trailer: X-Sum\r\n[^]*\r\n\r\n4\r\nbody\r\n0\r\nx-sum: 4\r\nx-sum: 5\r\nx-cafe: \xe9\r\n\r\n$/
  )
})

for (const [title, request] of [
  ['does not say so', 'GET /app/ HTTP/1.1\r\nHost: x\r\nTE: deflate\r\nConnection: close\r\n\r\n'],
  ['speaks HTTP/1.0', 'GET /app/ HTTP/1.0\r\nHost: x\r\nTE: trailers\r\n\r\n'],
] as const) {
  t.test(`a client that ${title} gets the body without trailers`, async t => {
    const upstream = await startCannedUpstream(t, CHUNKED)
    const { port } = await startGateway(t, upstream)
    const client = await connectRaw(t, port)
    client.write(request)
    const text = await client.closed()
    t.match(text, /body/)
    t.notMatch(text, /x-sum/i)
  })
}

t.test('HEAD, and a response with a length, announce no trailers', async t => {
  const upstream = await startCannedUpstream(t, 'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nbody')
  const { port } = await startGateway(t, upstream)
  const client = await connectRaw(t, port)
  client.write('GET /app/ HTTP/1.1\r\nHost: x\r\nTE: trailers\r\nConnection: close\r\n\r\n')
  t.match(await client.closed(), /^HTTP\/1\.1 200 OK\r\n(?![^]*trailer)[^]*\r\n\r\nbody$/i)
  const head = await connectRaw(t, (await startGateway(t, await startCannedUpstream(t, 'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n'))).port)
  head.write('HEAD /app/ HTTP/1.1\r\nHost: x\r\nTE: trailers\r\nConnection: close\r\n\r\n')
  t.match(await head.closed(), /^HTTP\/1\.1 200 OK\r\n(?![^]*x-sum)[^]*\r\n\r\n$/i)
})

onEachServer('trailers of a request reach the app, and its TE says whether trailers are wanted', async (t, listen) => {
  const recorder = await startRecorder(t)
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: recorder.origin }] })
  const client = await connectRaw(t, port)
  client.write('POST /app/ HTTP/1.1\r\nHost: x\r\nTE: gzip, trailers\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\nConnection: close, TE\r\n\r\n2\r\nup\r\n0\r\nX-Sum: 2\r\nX-Forwarded-For: 6.6.6.6\r\nHost: evil\r\nContent-Digest: sha-256=:x:\r\nX_Forwarded_For: 1\r\n\r\n')
  await client.closed()
  t.match(
    recorder.bytes(),
    /^POST \/ HTTP\/1\.1\r\nhost: x\r\n[^]*\r\nTrailer: X-Sum\r\nTE: trailers\r\nconnection: TE\r\n[^]*\r\n\r\n2\r\nup\r\n0\r\nX-Sum: 2\r\nContent-Digest: sha-256=:x:\r\n\r\n$/
  )
})
