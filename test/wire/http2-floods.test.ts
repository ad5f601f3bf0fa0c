import { once } from 'node:events'
import { constants } from 'node:http2'
import t from 'tap'
import { listenSecureStandalone } from '../helpers/gateways.ts'
import { connectHttp2, sendHttp2Request } from '../helpers/http2-client.ts'
import { CONTINUATION, encodeFrame as frame, END_HEADERS, END_STREAM, HEADERS, PING, RST_STREAM, SETTINGS, WINDOW_UPDATE } from '../helpers/http2-codec.ts'
import { connectFrames, type FrameClient, getRequest } from '../helpers/http2-frame-client.ts'
import { startUpstream } from '../helpers/upstreams.ts'

const FRAMES = 20_000
const CANCEL = Buffer.from([0, 0, 0, 8])

interface Flood {
  name: string
  /** What is sent for the number-th time. */
  send: (number: number) => Buffer[]
  /** Frames that are sent at a time: their responses pile up. */
  batch?: number
}

const streamOf = (number: number) => 2 * number + 1
const head = (number: number) => frame(HEADERS, END_HEADERS | END_STREAM, streamOf(number), getRequest('/app/'))

const floods: Flood[] = [
  { name: 'rapid reset, CVE-2023-44487', send: number => [head(number), frame(RST_STREAM, 0, streamOf(number), CANCEL)] },
  // The client makes the server reset the stream: a window that grows too large is a fault (RFC 9113, 6.9.1).
  { name: 'made you reset, CVE-2025-8671', send: number => [head(number), frame(WINDOW_UPDATE, 0, streamOf(number), Buffer.from([0x7f, 0xff, 0xff, 0xff]))] },
  { name: 'PING, CVE-2019-9512', send: () => [frame(PING, 0, 0, Buffer.alloc(8))], batch: 5000 },
  { name: 'SETTINGS, CVE-2019-9515', send: () => [frame(SETTINGS, 0, 0)], batch: 5000 },
  { name: 'CONTINUATION, CVE-2024-27983', send: number => [number === 0 ? frame(HEADERS, END_STREAM, 1, getRequest('/app/')) : frame(CONTINUATION, 0, 1, Buffer.concat([Buffer.from([0, 1]), Buffer.from('a'), Buffer.from([1]), Buffer.from('b')]))] },
]

for (const { name, send, batch = 50 } of floods) {
  t.test(`a flood of ${name} ends its own connection, and no other`, async t => {
    let requests = 0
    const upstream = await startUpstream(t, (_request, response) => {
      requests++
      response.end('fine')
    })
    const { origin, port } = await listenSecureStandalone(t, { apps: [{ name: 'app', upstreams: upstream }] })
    const other = await connectHttp2(t, origin)
    const client = await connectFrames(t, port)
    const sent = await pour(client, send, batch)
    await client.closed()
    t.pass(`ended after ${sent} of ${FRAMES}`)
    t.ok(requests < 2500, `${requests} reached the upstream`)
    t.match(await sendHttp2Request(other, '/app/'), { status: 200, body: Buffer.from('fine') })
  })
}

/** Sends until the connection ends. Resolves to how much of it was sent. */
async function pour (client: FrameClient, send: Flood['send'], batch: number): Promise<number> {
  let sent = 0
  while (sent < FRAMES && !client.socket.destroyed && client.socket.writable) {
    await client.write(...Array.from({ length: batch }, (_, index) => send(sent + index)).flat())
    sent += batch
  }
  return sent
}

t.test('a client may leave a page of hundreds of requests, and gets ENHANCE_YOUR_CALM when it goes on', async t => {
  const upstream = await startUpstream(t, () => {})
  const { origin } = await listenSecureStandalone(t, { apps: [{ name: 'app', upstreams: upstream }] })
  const session = await connectHttp2(t, origin)
  async function takeBack (count: number): Promise<void> {
    const streams = Array.from({ length: count }, () => session.request({ ':path': '/app/' }).on('error', () => {}))
    // When its response comes, the server has seen those before it: taken back before they leave, they never would.
    await sendHttp2Request(session, '/none')
    for (const stream of streams) stream.close(constants.NGHTTP2_CANCEL)
  }
  await takeBack(700)
  t.match(await sendHttp2Request(session, '/none'), { headers: { 'content-type': /json/ } }, 'and goes on')
  const goaway = once(session, 'goaway', { signal: AbortSignal.timeout(20_000) })
  await takeBack(900)
  t.match(await goaway, [constants.NGHTTP2_ENHANCE_YOUR_CALM])
})

t.test('a head that is too large, and one of too many fields, is refused without an upstream', async t => {
  let requests = 0
  const upstream = await startUpstream(t, (_request, response) => {
    requests++
    response.end()
  })
  const { origin } = await listenSecureStandalone(t, { apps: [{ name: 'app', upstreams: upstream }], server: { maxHeaderSize: '8KB' } })
  const session = await connectHttp2(t, origin)
  t.equal(session.remoteSettings.maxHeaderListSize, 8192)
  const long = { 'x-long': 'x'.repeat(9000) }
  const many = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`x-${index}`, '']))
  for (const headers of [long, many]) await t.rejects(sendHttp2Request(session, { ':path': '/app/', ...headers }), { message: /ENHANCE_YOUR_CALM|COMPRESSION|PROTOCOL/ })
  t.equal(requests, 0)
  t.match(await sendHttp2Request(session, '/app/'), { status: 200 }, 'the connection goes on')
})
