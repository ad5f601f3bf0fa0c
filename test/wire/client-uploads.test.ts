import type { Test } from 'tap'
import { onEachServer } from '../helpers/gateways.ts'
import { connectRaw, readMessage, statusesOf, valuesOf } from '../helpers/raw-client.ts'
import { startRawUpstream, startRecorder, startUpstream } from '../helpers/upstreams.ts'
import { within } from '../helpers/waiting.ts'

// Which side may send when: Expect (RFC 9110, 10.1.1), and responses that come before the upload is over.

onEachServer('the gateway sends 100 Continue before the body is sent', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream.origin }] })
  for (const framing of ['Content-Length: 3', 'Transfer-Encoding: chunked']) {
    upstream.reset()
    const client = await connectRaw(t, port)
    client.write(`POST /app/x HTTP/1.1\r\nHost: gateway.test\r\nExpect: 100-Continue\r\n${framing}\r\n\r\n`)
    await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n/)
    client.write(framing.startsWith('C') ? 'abc' : '3\r\nabc\r\n0\r\n\r\n')
    const text = await client.until(/\/x/)
    t.strictSame(statusesOf(text), [100, 200], framing)
    const received = readMessage(upstream.bytes())
    t.strictSame(valuesOf(received, 'expect'), [], 'the upstream gets no Expect')
    t.match(received.body, /abc/)
  }
})

onEachServer('another expectation is answered 417, and not forwarded', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream.origin }] })
  const client = await connectRaw(t, port)
  client.write('POST /app/x HTTP/1.1\r\nHost: gateway.test\r\nExpect: 200-ok\r\nContent-Length: 0\r\n\r\n')
  t.match(await client.until(/\r\n\r\n/), /^HTTP\/1\.1 417 /)
  t.equal(upstream.bytes(), '')
})

const TOO_LARGE = 'x'.repeat(3000)
const RESPONSE_HEAD = `HTTP/1.1 413 Payload Too Large\r\nContent-Type: text/plain\r\nContent-Length: ${TOO_LARGE.length}\r\n`

/** Upstreams that do not wait for the end of an upload, from polite to rude. */
const earlyResponders: { name: string, start: (t: Test) => Promise<string> }[] = [
  {
    name: 'responds at once, and reads no more',
    start: t => startRawUpstream(t, socket => socket.once('data', () => socket.pause().write(`${RESPONSE_HEAD}\r\n${TOO_LARGE}`))),
  },
  {
    name: 'responds at once, and closes',
    start: t => startRawUpstream(t, socket => socket.once('data', () => socket.end(`${RESPONSE_HEAD}Connection: close\r\n\r\n${TOO_LARGE}`))),
  },
  {
    name: 'responds at once, closes, and resets what still comes',
    start: t => startRawUpstream(t, socket => socket.once('data', () => socket.write(`${RESPONSE_HEAD}Connection: close\r\n\r\n${TOO_LARGE}`, () => socket.destroySoon()))),
  },
  {
    name: 'is node, and closes',
    start: t => startUpstream(t, (_request, response) => response.writeHead(413, { Connection: 'close', 'Content-Length': TOO_LARGE.length }).end(TOO_LARGE)),
  },
  {
    name: 'is node, and chunked',
    start: t => startUpstream(t, (_request, response) => response.writeHead(413, { Connection: 'close' }).end(TOO_LARGE)),
  },
]

const EIGHT_MEGABYTES = Buffer.alloc(8 * 1024 * 1024, 'a')

onEachServer('a response early in an upload reaches the client whole, many times in a row', async (t, listen) => {
  for (const { name, start } of earlyResponders) {
    const { port } = await listen(t, { apps: [{ name: 'app', upstreams: await start(t) }] })
    const lost: string[] = []
    for (let i = 0; i < 25; i++) {
      const text = await uploadTo(t, port, i % 2 === 0)
      if (!/^HTTP\/1\.1 413 /.test(text) || !text.replace(/\r\n(?:[\da-f]+\r\n)?/g, '').includes(TOO_LARGE)) lost.push(text.slice(0, 600))
    }
    t.strictSame(lost, [], `the upstream ${name}`)
  }
})

/** Sends all of it whatever comes back, as a simple client does, and resolves to the response. */
async function uploadTo (t: Test, port: number, isChunked: boolean): Promise<string> {
  const client = await connectRaw(t, port)
  client.write(`POST /app/ HTTP/1.1\r\nHost: gateway.test\r\n${isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${EIGHT_MEGABYTES.length}`}\r\n\r\n`)
  if (isChunked) client.write(`${EIGHT_MEGABYTES.length.toString(16)}\r\n`)
  client.write(EIGHT_MEGABYTES)
  if (isChunked) client.write('\r\n0\r\n\r\n')
  return within(client.closed(), () => `the connection stays open after ${JSON.stringify(client.received().slice(0, 600))}`, 10_000)
}

onEachServer('a refusal of the gateway\'s own reaches a client that is still sending', async (t, listen) => {
  const upstream = await startRecorder(t)
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream.origin }] })
  for (const [target, headers] of [['/app/%2e%2e/x', 'Host: gateway.test'], ['/app/', 'Host: a\r\nHost: b']]) {
    for (let i = 0; i < 10; i++) {
      const client = await connectRaw(t, port)
      client.write(`POST ${target} HTTP/1.1\r\n${headers}\r\nContent-Length: ${EIGHT_MEGABYTES.length}\r\n\r\n`)
      client.write(EIGHT_MEGABYTES)
      const text = await client.until(/GW_ERR_BAD_(?:PATH|REQUEST)/)
      t.match(text, /^HTTP\/1\.1 400 /, `${target}, ${headers}`)
      client.socket.destroy()
    }
  }
  t.equal(upstream.bytes(), '')
})

onEachServer('an unreachable upstream is reported to a client that is still sending', async (t, listen) => {
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: 'http://127.0.0.1:1' }] })
  for (let i = 0; i < 10; i++) {
    const text = await uploadTo(t, port, i % 2 === 0)
    t.match(text, /^HTTP\/1\.1 502 [^]*GW_ERR_UPSTREAM_UNREACHABLE/)
  }
})
